import { PassThrough, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { Closable } from "../../src/cli/closable.js";
import { Output } from "../../src/cli/output.js";

describe("a closable iterator", () => {
  it("gives what the inner one gives, and its error", async () => {
    const inner = async function* () {
      yield 1;
      yield 2;
      throw new Error("broken");
    };
    const closable = new Closable(inner(), () => {});
    expect([await closable.next(), await closable.next()]).toEqual([
      { done: false, value: 1 },
      { done: false, value: 2 },
    ]);
    await expect(closable.next()).rejects.toThrow("broken");
  });

  it.each(["close", "return"] as const)("ends for who waits for an input that never comes, by %s", async (how) => {
    let closed = 0;
    const never = new PassThrough();
    const closable = new Closable(never, () => closed++);
    const waiting = closable.next();
    await closable[how]();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await closable.next()).toEqual({ done: true, value: undefined });
    await closable[how]();
    expect(closed).toBe(1);
  });
});

describe("the output", () => {
  const slow = () => {
    const written: string[] = [];
    let proceed: (() => void) | undefined;
    const stream = new Writable({
      highWaterMark: 4,
      write: (chunk: Buffer, _encoding, done) => {
        written.push(chunk.toString());
        proceed = () => done();
      },
    });
    return { stream, written, proceed: () => proceed?.() };
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  it("gathers lines, and hands back the notes when they are written", async () => {
    const { stream, written, proceed } = slow();
    const notes: string[] = [];
    const output = new Output(stream, { written: (note) => notes.push(note), close: () => {} });
    output.write("a\n", "1");
    output.write("b\n");
    output.write("c\n", "3");
    expect(written).toEqual([]);
    await turn();
    expect([written, notes]).toEqual([["a\nb\nc\n"], []]);
    proceed();
    await turn();
    expect(notes).toEqual(["13"]);
  });

  it("makes the caller wait for a slow reader", async () => {
    const { stream, proceed } = slow();
    const output = new Output(stream, { written: () => {}, close: () => {} });
    output.write("more than four bytes\n");
    expect(output.ready()).toBeUndefined();
    await turn();
    const ready = output.ready();
    expect(ready).toBeInstanceOf(Promise);
    proceed();
    await ready;
    expect(output.ready()).toBeUndefined();
    await output.end();
  });

  it("lets everybody go when the reader has gone, and claims nothing as written", async () => {
    const { stream } = slow();
    const notes: string[] = [];
    const errors: Error[] = [];
    const output = new Output(stream, { written: (note) => notes.push(note), close: (error) => errors.push(error) });
    output.write("more than four bytes\n", "1");
    await turn();
    const ready = output.ready();
    stream.destroy(new Error("EPIPE"));
    await ready;
    output.write("late\n", "2");
    await output.end();
    expect(notes).toEqual([]);
    expect(errors).toHaveLength(1);
  });
});
