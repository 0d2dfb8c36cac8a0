import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

it.each(["threads", "processes"])("P5 a program that came by --eval as a module has %s all the same", (place) => {
  const program = `
    import { TaskRunner, TaskSupervisor, callOf } from "taskward";
    import { ${place} } from "taskward/${place}";
    const pool = TaskSupervisor.start({ on: ${place}({ size: 1 }) });
    for await (const event of TaskRunner.run([[pool, callOf("node:path", "isAbsolute", ["/"])]])) console.log(event.type, event.value);`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8", timeout: 15_000 });
  expect({ stdout, stderr }).toEqual({ stdout: "ok true\n", stderr: "" });
});
