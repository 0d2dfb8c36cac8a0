import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));

it.each(["threads", "processes"])("P5 what tasks print gets out before their pool (%s) is gone", async (place) => {
  // Threads inherit Node's own options, and `--input-type=module` is none for a file: the program is a script.
  const source = `(async () => {
    const { TaskRunner, TaskSupervisor, tasksFrom } = await import("taskward");
    const { ${place} } = await import("taskward/${place}");
    const cores = TaskSupervisor.start({ on: ${place}({ size: 1 }) });
    const { print } = tasksFrom("data:text/javascript,export const print = (n) => { for (let i = 1; i <= n; i++) console.log(i); }");
    for await (const event of TaskRunner.run([[cores, print(1_000)]])) if (event.type !== "ok") throw event.reason;
    await cores.stop();
  })()`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--eval", source], { cwd: root, timeout: 10_000 });
  expect(stdout.trimEnd().split("\n")).toHaveLength(1_000);
});
