import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isGone, transfer } from "../../src/kernel/transfer.js";
import { ExitKind } from "../../src/kernel/wire.js";
import { settled } from "../../src/testing/virtual-time.js";
import { Recorder, bytesOf, setUp } from "./transfer-scene.js";

describe("what is transferred to a node that has its hands full", () => {
  /** A node that runs one at a time; what it runs ends by hand. */
  function busy() {
    const started: unknown[] = [];
    const ends: ((value: unknown) => void)[] = [];
    const run = (value: unknown): Promise<unknown> => {
      started.push(value);
      return new Promise((resolve) => ends.push(resolve));
    };
    const all = setUp({ run }, 1);
    const endNext = async (): Promise<void> => {
      ends.shift()?.("ended");
      await settled();
    };
    return { ...all, started, endNext };
  }

  it("P4 stays here until it can start, and what comes later stays behind it", async () => {
    const { spawn, started, endNext, posted } = busy();
    const bytes = [bytesOf(1), bytesOf(2)] as const;
    const first = spawn("run", "first");
    const spawned = [spawn("run", transfer(bytes[0])), spawn("run", "third"), spawn("run", transfer(bytes[1]))];
    await settled();
    expect([started, posted.length, bytes.map(({ length }) => length)]).toEqual([["first"], 1, [1, 1]]);
    await endNext();
    expect([first.ends.length, bytes.map(({ length }) => length)]).toEqual([1, [0, 1]]);
    await endNext();
    await endNext();
    await endNext();
    expect(started).toEqual(["first", bytesOf(1), "third", bytesOf(2)]);
    expect(spawned.map(({ ends }) => ends)).toEqual(spawned.map(() => [{ reason: "normal", value: "ended" }]));
  });

  it("P4 can be taken back until then, with all that it has", async () => {
    const { spawn, connection, started, endNext } = busy();
    const bytes = bytesOf(1);
    spawn("run", "first");
    const taken = spawn("run", transfer(bytes));
    const last = spawn("run", "last");
    await settled();
    expect(connection.disown(taken.id)).toBe(taken);
    await endNext();
    expect([started, bytes.length, isGone(taken.args)]).toEqual([["first", "last"], 1, false]);
    await endNext();
    expect([taken.ends, last.ends.length]).toEqual([[], 1]);
    // and handed over anew
    const again = new Recorder();
    connection.spawn({ module: "test:", name: "run" }, taken.args, undefined, again);
    await settled();
    expect([started.at(-1), bytes.length]).toEqual([bytesOf(1), 0]);
  });

  it("P4 is ended here when it is told to exit before it has left", async () => {
    const { spawn, near, connection, endNext, started } = busy();
    const bytes = bytesOf(1);
    spawn("run", "first");
    const killed = spawn("run", transfer(bytes));
    const asked = spawn("run", "behind it");
    await settled();
    const from = near.spawn(() => undefined);
    connection.exitSpawned(killed.id, from, "kill", ExitKind.signal);
    connection.exitSpawned(asked.id, from, "enough", ExitKind.signal);
    expect([killed.ends, asked.ends, bytes.length]).toEqual([[{ reason: "killed", value: undefined }], [{ reason: "enough", value: undefined }], 1]);
    await endNext();
    expect([started, connection.spawnCount]).toEqual([["first"], 0]);
  });

  it("P4 is there still when that node is lost", async () => {
    const { spawn, connection } = busy();
    const bytes = bytesOf(1);
    const running = spawn("run", "first");
    const waiting = spawn("run", transfer(bytes));
    await settled();
    connection.close();
    await settled();
    expect([running.ends, waiting.ends]).toEqual([[{ reason: "noconnection", value: undefined }], [{ reason: "noconnection", value: undefined }]]);
    expect(bytes.length).toBe(1);
    const late = spawn("run", transfer(bytes));
    await settled();
    expect([late.ends.length, bytes.length, connection.spawnCount]).toEqual([1, 1, 0]);
  });

  it("P4 ends each task once, in order, however they are mixed", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom("copy", "move", "bad"), { maxLength: 12 }), async (kinds) => {
        const order: number[] = [];
        const { spawn, connection } = setUp({ run: ([n]: Uint8Array) => order.push(n as number) }, 1);
        const spawned = kinds.map((kind, at) => {
          const bytes = bytesOf(at);
          if (kind === "copy") return spawn("run", bytes);
          return spawn("run", kind === "move" ? transfer(bytes) : transfer({ bytes, fn: () => 1 }, [bytes.buffer]));
        });
        await settled();
        expect(spawned.map(({ ends }) => ends.length)).toEqual(kinds.map(() => 1));
        expect(order).toEqual([...kinds.keys()].filter((at) => kinds[at] !== "bad"));
        expect(connection.spawnCount).toBe(0);
      }),
    );
  });
});
