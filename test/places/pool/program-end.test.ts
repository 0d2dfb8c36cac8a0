import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Runs a program that gives other nodes a task; resolves with what it printed, when it has ended by itself. */
async function ends(place: string, program: string): Promise<string> {
  // Threads inherit Node's own options, and `--input-type=module` is none for a file: the program is a script.
  const source = `(async () => {
    const { TaskRunner, TaskSupervisor, tasksFrom } = await import("taskward");
    const { ${place} } = await import("taskward/${place}");
    const cores = TaskSupervisor.start({ on: ${place}({ size: 2 }) });
    const { square } = tasksFrom("data:text/javascript,export const square = (n) => n * n");
    ${program}
  })()`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--eval", source], { cwd: root, timeout: 10_000 });
  return stdout;
}

it.each(["threads", "processes"])("S5 a program ends by itself once its supervisor has been stopped right after a task (%s)", async (place) => {
  const program =
    'for await (const event of TaskRunner.run([[cores, square(7)]])) console.log(event.value); await cores.stop(); console.log("stopped");';
  expect(await ends(place, program)).toBe("49\nstopped\n");
});

it.each(["threads", "processes"])("a program ends by itself after its last task, though nobody stops the supervisor (%s)", async (place) => {
  expect(await ends(place, "for await (const event of TaskRunner.run([[cores, square(7)]])) console.log(event.value);")).toBe("49\n");
});
