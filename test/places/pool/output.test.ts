import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Task, TaskRunner } from "taskward";
import type { LineOrigin } from "taskward/threads";
import { describe, expect, it } from "vitest";
import { poolAt } from "../../faults/pool.js";
import { kinds, tasks } from "./pools.js";

type Seen = { line: string } & LineOrigin;
function lines(): { readonly seen: Seen[]; readonly take: (line: string, origin: LineOrigin) => void } {
  const seen: Seen[] = [];
  return { seen, take: (line, origin) => void seen.push({ line, ...origin }) };
}

describe.each(kinds)("P5 what tasks print in a pool of $name", ({ name, on }) => {
  it("P5 comes line by line with the task that it came from", async () => {
    const { seen, take } = lines();
    const pool = poolAt(on({ size: 2, stdout: take, stderr: take }));
    const runner = TaskRunner.run(["a", "b", "c", "d"].map((label) => [pool, tasks.printLines(label, 20), { label }] as const));
    for await (const { type } of runner) expect(type).toBe("ok");
    expect(seen).toHaveLength(80);
    for (const { line, task } of seen) expect(task?.label).toBe(line.split(" ")[0]);
    for (const label of ["a", "b", "c", "d"])
      expect(seen.filter(({ line }) => line.startsWith(label)).map(({ line }) => line)).toEqual(
        Array.from({ length: 20 }, (_, at) => `${label} ${at}`),
      );
  });

  it("P5 the task is the one of the run's events, and streams are told apart", async () => {
    const { seen, take } = lines();
    const pool = poolAt(on({ size: 1, stdout: take, stderr: take }));
    for await (const event of TaskRunner.run([[pool, tasks.print("one\r\ntwo\n\nrest", "trouble\n")]])) {
      expect(event.type).toBe("ok");
      if (event.type === "ok") expect(seen[0]?.task).toBe(event.task);
    }
    const member = expect.stringMatching(/^main\/[tp]\d+$/);
    const told = (line: string, stream: string) => expect.objectContaining({ line, stream, member });
    expect(seen).toEqual([told("one", "stdout"), told("two", "stdout"), told("", "stdout"), told("trouble", "stderr")]);
    await pool.stop();
    expect(seen.slice(4)).toEqual([told("rest", "stdout")]);
  });

  it("P5 a line without an end is not mixed with the next task's", async () => {
    const { seen, take } = lines();
    const pool = poolAt(on({ size: 1, stdout: take }));
    const runner = TaskRunner.run(["a", "b"].map((label) => [pool, tasks.print(label), { label }] as const));
    for await (const { type } of runner) expect(type).toBe("ok");
    await pool.stop();
    expect(seen.map(({ line, task }) => [line, task?.label])).toEqual([
      ["a", "a"],
      ["b", "b"],
    ]);
  });

  it("P5 nothing is lost when the task takes its node along, or never ends", async () => {
    const { seen, take } = lines();
    const pool = poolAt(on({ size: 2, stdout: take }));
    const leaves = pool.asyncNolink(tasks.printAndLeave("last words"), { label: "leaves" });
    const loops = pool.asyncNolink(tasks.printAndLoop("from the loop"), { label: "loops" });
    expect(await Task.yield(leaves)).toMatchObject({ exit: { code: "node_down" } });
    await expect.poll(() => seen.map(({ line, task }) => `${task?.label}: ${line}`).sort()).toEqual(["leaves: last words", "loops: from the loop"]);
    await Task.shutdown(loops, "brutal_kill");
  });

  it("P5 characters that come in pieces are put together", async () => {
    const { seen, take } = lines();
    const pool = poolAt(on({ size: 1, stdout: take }));
    await Task.await(pool.asyncNolink(tasks.printBytes([...Buffer.from("häß → 𝒳\n")])));
    expect(seen.map(({ line }) => line)).toEqual(["häß → 𝒳"]);
  });

  it("P5 with several tasks at once nobody says whose it was", async () => {
    const { seen, take } = lines();
    const pool = poolAt(on({ size: 1, concurrency: 2, stdout: take }));
    await Task.awaitMany(["a", "b"].map((label) => pool.asyncNolink(tasks.printLines(label, 2))));
    expect(seen.map(({ line }) => line).sort()).toEqual(["a 0", "a 1", "b 0", "b 1"]);
    expect(seen.every(({ task }) => task === undefined)).toBe(true);
  });

  it.each([["stdout"], ["stderr"]])("T13 refuses a %s that cannot be", (stream) => {
    expect(() => on({ [stream]: "pipe" })).toThrow(`${stream} is "pipe": give "inherit", "ignore", or a function (line, origin) => void`);
  });

  it("P5 goes where the program's own goes, or nowhere", async () => {
    const source = `
      import { Task, TaskSupervisor, tasksFrom } from "taskward";
      import { ${name} } from "taskward/${name}";
      const { print } = tasksFrom(${JSON.stringify(new URL("./fixtures/options.mjs", import.meta.url).href)});
      for (const options of [{}, { stdout: "inherit", stderr: "ignore" }, { stdout: "ignore", stderr: "inherit" }]) {
        const pool = TaskSupervisor.start({ on: ${name}({ size: 1, ...options }) });
        await Task.await(pool.asyncNolink(print("out\\n", "err\\n")), 20_000);
        await pool.stop();
      }`;
    const cwd = fileURLToPath(new URL("../../..", import.meta.url));
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", source], { cwd, timeout: 20_000 });
    expect({ stdout, stderr }).toEqual({ stdout: "out\nout\n", stderr: "err\nerr\n" });
  });
});

it("P5 what a child process prints past its own stdout comes too, without a task", async () => {
  const { seen, take } = lines();
  const pool = poolAt((kinds[1] as (typeof kinds)[number]).on({ size: 1, stdout: take }));
  await Task.await(pool.asyncNolink(tasks.printPast("past\n")), 20_000);
  await expect.poll(() => seen.map(({ line, task }) => [line, task])).toEqual([["past", undefined]]);
});
