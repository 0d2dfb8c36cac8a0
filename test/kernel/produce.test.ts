import { describe, expect, it } from "vitest";
import { produce } from "../../src/kernel/produce.js";
import type { Process } from "../../src/kernel/process.js";
import { VirtualTime } from "../../src/testing/virtual-time.js";

/** An iterator written by hand, and what was asked of it. */
class Steps {
  readonly asked: string[] = [];
  readonly #next: () => Promise<IteratorResult<number>>;

  constructor(next: () => Promise<IteratorResult<number>>) {
    this.#next = next;
  }

  [Symbol.asyncIterator](): AsyncIterator<number> {
    return {
      next: () => {
        this.asked.push("next");
        return this.#next();
      },
      return: () => {
        this.asked.push("return");
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }
}

const play = (returned: unknown, room: number): Promise<unknown> =>
  new VirtualTime({ reporter: () => undefined }).run(function streams(self) {
    return produce(self as unknown as Process, returned, room);
  });

/** The same, of a process that is killed when all that can happen has happened. */
async function killed(returned: unknown, room: number): Promise<void> {
  const time = new VirtualTime({ reporter: () => undefined });
  const pid = time.node.spawn((self) => produce(self as unknown as Process, returned, room));
  await time.advance(0);
  time.node.find(pid)?.terminate("killed");
  await time.advance(0);
}

describe("what a stream's function has returned", () => {
  it.each<unknown>(["text", 5, null, undefined, {}])("is refused when there is nothing to iterate over: %o", async (returned) => {
    await expect(play(returned, 1)).rejects.toMatchObject({
      code: "invalid_option",
      message: expect.stringMatching(
        /^what streams returned is .*: to be streamed, it must be something to iterate over: write async function\*, or run it as a task$/,
      ) as string,
    });
  });

  it("is not closed when it has come to its end, nor when it has failed: there is nothing left to close", async () => {
    const ends = new Steps(() => Promise.resolve({ done: true, value: 7 }));
    expect([await play(ends, 1), ends.asked]).toEqual([[7], ["next"]]);
    const fails = new Steps(() => Promise.reject(new RangeError("no more")));
    await expect(play(fails, 1)).rejects.toThrow("no more");
    expect(fails.asked).toEqual(["next"]);
  });

  it("is closed when whoever reads has left, though nothing of it was ever read", async () => {
    const unread = new Steps(() => Promise.resolve({ done: false, value: 1 }));
    await killed(unread, 0);
    expect(unread.asked).toEqual(["return"]);
    const read = new Steps(() => Promise.resolve({ done: false, value: 1 }));
    await killed(read, 2);
    expect(read.asked).toEqual(["next", "next", "return"]);
  });

  it("needs no means to be closed by", async () => {
    const rejected: unknown[] = [];
    const caught = (error: unknown): void => void rejected.push(error);
    process.on("unhandledRejection", caught);
    try {
      const time = new VirtualTime({ reporter: () => undefined });
      let outcome: unknown;
      const pid = time.node.spawn((self) =>
        produce(self as unknown as Process, { [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 1 }) }) }, 1).catch(
          (error: unknown) => (outcome = error),
        ),
      );
      await time.advance(0);
      time.node.find(pid)?.terminate("killed");
      await time.advance(0);
      expect(outcome).toMatchObject({ code: "exited" });
    } finally {
      process.off("unhandledRejection", caught);
    }
    expect(rejected).toEqual([]);
  });
});
