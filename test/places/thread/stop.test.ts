import { spawn } from "node:child_process";
import { expect, it } from "vitest";

/** Runs a program and answers its exit code; kills it when it does not exit by itself. */
const exitOf = (program: string) =>
  new Promise<number | null>((resolve, reject) => {
    const child = spawn(process.execPath, ["--eval", program], { stdio: "inherit", timeout: 10_000, killSignal: "SIGKILL" });
    child.on("error", reject).on("exit", resolve);
  });

it("P3 a pool that is stopped right after its last result holds nothing", async () => {
  const program = `(async () => {
    const { TaskRunner, TaskSupervisor, callOf } = await import("taskward");
    const { threads } = await import("taskward/threads");
    const pool = TaskSupervisor.start({ on: threads({ size: 1 }) });
    const isAbsolute = () => [pool, callOf("node:path", "isAbsolute", ["/"])];
    for await (const event of TaskRunner.run([isAbsolute(), isAbsolute()])) if (event.value !== true) throw event.reason;
    await pool.stop();
  })()`;
  expect(await exitOf(program)).toBe(0);
});
