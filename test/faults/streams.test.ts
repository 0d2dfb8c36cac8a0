import { type TaskSupervisor, NodeDown, Task, run, tasksFrom } from "taskward";
import { stream, type TaskStream } from "taskward/stream";
import { describe, expect, it } from "vitest";
import type * as streamsModule from "./fixtures/streams.mjs";
import { pool } from "./pool.js";

const tasks = tasksFrom<typeof streamsModule>(new URL("./fixtures/streams.mjs", import.meta.url));

/** What a stream yields before it fails, and the reason why. */
async function failure(from: TaskStream<number>): Promise<{ values: number[]; reason: unknown }> {
  const values: number[] = [];
  try {
    for await (const value of from) values.push(value);
  } catch (reason) {
    return { values, reason };
  }
  throw new Error("it did not fail");
}

async function goesOn(on: TaskSupervisor): Promise<void> {
  const values: number[] = [];
  for await (const value of stream(on, tasks.fine(100))) values.push(value);
  expect(values).toHaveLength(100);
}

describe("P1 a stream whose thread", () => {
  it("exits has yielded everything up to that", async () => {
    const on = pool();
    const { values, reason } = await failure(stream(on, tasks.leaves(50, 7), { buffer: 4 }));
    expect(values).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(reason).toBeInstanceOf(NodeDown);
    expect(reason).toMatchObject({ exitCode: 7 });
    await goesOn(on);
  });

  it("dies of an error that nobody catches tells that error", async () => {
    const on = pool();
    const { values, reason } = await failure(stream(on, tasks.throwsInTimer(3)));
    expect(values).toEqual([0, 1, 2]);
    expect(reason).toMatchObject({ code: "node_down", cause: { message: "from a timer" } });
    await goesOn(on);
  });

  it("has no memory left says so", async () => {
    const on = pool({ resourceLimits: { maxOldGenerationSizeMb: 32 } });
    const { reason } = await failure(stream(on, tasks.fills()));
    expect(reason).toMatchObject({ code: "node_down", message: expect.stringContaining("its memory is exhausted") as unknown });
    await goesOn(on);
  });

  it("loops is stopped when its time is up", async () => {
    const on = pool();
    const { reason } = await failure(stream(on, tasks.loops(), { timeout: 200 }));
    expect(reason).toMatchObject({ code: "task_timeout" });
    await goesOn(on);
  });

  it("loops while it is closed is stopped, and leaving it comes to an end", async () => {
    const on = pool();
    for await (const value of stream(on, tasks.loopsWhenClosed())) {
      expect(value).toBe(1);
      break;
    }
    expect(on.children()).toEqual([]);
    await goesOn(on);
  });
});

describe("a stream whose generator never lets its turn end", () => {
  it("yields each value as it comes", async () => {
    const buffer = new SharedArrayBuffer(4);
    const read = new Int32Array(buffer);
    let expected = 0;
    for await (const value of stream(pool(), tasks.blocks(buffer, 10))) {
      expect(value).toBe(expected++);
      Atomics.add(read, 0, 1);
      Atomics.notify(read, 0);
    }
    expect(expected).toBe(10);
  });
});

describe("the reader of a stream", () => {
  it("that dies leaves no task behind, wherever that runs", async () => {
    const on = pool();
    await run(async (self) => {
      const reader = Task.async(self, async (me) => {
        const values = stream(on, tasks.fine(1_000), { owner: me });
        await values.next();
        throw new Error("reader");
      });
      self.trapExit = true;
      await Task.yield(self, reader);
      while (on.children().length > 0) await self.sleep(1);
    });
    await goesOn(on);
  });
});
