import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Runs a program that gives threads a task; resolves with what it printed, when it has ended by itself. */
async function ends(program: string): Promise<string> {
  // Threads inherit Node's own options, and `--input-type=module` is none for a file: the program is a script.
  const source = `(async () => {
    const { TaskRunner, TaskSupervisor, tasksFrom } = await import("taskward");
    const { threads } = await import("taskward/threads");
    const cores = TaskSupervisor.start({ on: threads({ size: 2 }) });
    const { square } = tasksFrom("data:text/javascript,export const square = (n) => n * n");
    ${program}
  })()`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--eval", source], { cwd: root, timeout: 10_000 });
  return stdout;
}

it("S5 a program ends by itself once its supervisor has been stopped right after a task", async () => {
  const program =
    'for await (const event of TaskRunner.run([[cores, square(7)]])) console.log(event.value); await cores.stop(); console.log("stopped");';
  expect(await ends(program)).toBe("49\nstopped\n");
});

it("a program ends by itself after its last task, though nobody stops the supervisor", async () => {
  expect(await ends("for await (const event of TaskRunner.run([[cores, square(7)]])) console.log(event.value);")).toBe("49\n");
});
