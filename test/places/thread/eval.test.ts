import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

it("P5 a program that came by --eval as a module has threads all the same", () => {
  const program = `
    import { TaskRunner, TaskSupervisor, callOf } from "taskward";
    import { threads } from "taskward/threads";
    const pool = TaskSupervisor.start({ on: threads({ size: 1 }) });
    for await (const event of TaskRunner.run([[pool, callOf("node:path", "isAbsolute", ["/"])]])) console.log(event.type, event.value);`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8", timeout: 15_000 });
  expect({ stdout, stderr }).toEqual({ stdout: "ok true\n", stderr: "" });
});
