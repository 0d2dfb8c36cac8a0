import { once } from "node:events";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isGone, takeMark, transfer } from "../../src/kernel/transfer.js";
import { settled } from "../../src/testing/virtual-time.js";
import { Recorder, bytesOf, port, refused, setUp } from "./transfer-scene.js";

describe("transfer", () => {
  it("answers the value itself, which stays what it was until it has left", () => {
    const bytes = bytesOf(1, 2);
    const value = { bytes };
    expect(transfer(bytes)).toBe(bytes);
    expect(transfer(value, [bytes.buffer])).toBe(value);
    expect(bytes).toEqual(bytesOf(1, 2));
  });

  it("finds what to move wherever structured clone would find it", () => {
    const holder = fc.memo((depth): fc.Arbitrary<(inner: unknown) => unknown> =>
      depth <= 1
        ? fc.constant((inner) => inner)
        : fc
            .tuple(holder(depth - 1), fc.constantFrom("object", "array", "key of a Map", "value of a Map", "Set"))
            .map(([wrap, kind]) => (inner: unknown) => {
              const part = wrap(inner);
              if (kind === "object") return { one: 1, part, none: null };
              if (kind === "array") return [undefined, part];
              if (kind === "Set") return new Set([0, part]);
              return new Map<unknown, unknown>([kind === "key of a Map" ? [part, 1] : [1, part]]);
            }),
    );
    fc.assert(
      fc.property(holder(5), fc.boolean(), (wrap, isView) => {
        const bytes = bytesOf(1);
        const value = { wrapped: wrap(isView ? bytes : bytes.buffer) };
        expect(transfer(value, [bytes.buffer])).toBe(value);
        structuredClone(value, { transfer: [...(takeMark(value) as ArrayBuffer[])] });
        expect(bytes.length).toBe(0);
      }),
    );
  });

  const detached = bytesOf(1);
  structuredClone(detached, { transfer: [detached.buffer] });
  const bytes = bytesOf(1);
  const { port1 } = new MessageChannel();
  port1.close();
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  it.each<[string, object, readonly object[] | undefined, string]>([
    ["a plain object without a list", { bytes }, undefined, 'value is "Object": say what to move of it'],
    ["a typed array that is detached", detached, undefined, 'list[0] is "ArrayBuffer": it is detached'],
    ["something detached in a list", { detached }, [detached.buffer], "it is detached, for it has been transferred before"],
    ["something twice", bytes, [bytes.buffer, bytes.buffer], "list[1]"],
    ["a view in a list", { bytes }, [bytes], 'list[0] is "Uint8Array": give its buffer'],
    ["an object in a list", { bytes }, [{}], "give ArrayBuffers and MessagePorts"],
    ["a function in a list", { bytes }, [() => 1], "give ArrayBuffers and MessagePorts"],
    ["null in a list", { bytes }, [null as unknown as object], "give ArrayBuffers and MessagePorts"],
    ["text in a list", { bytes }, ["x" as unknown as object], "give ArrayBuffers and MessagePorts"],
    ["something shared", new Uint8Array(new SharedArrayBuffer(1)), undefined, "it is shared, and need not be transferred"],
    ["something shared in a list", { bytes }, [new SharedArrayBuffer(1)], "it is shared, and need not be transferred"],
    ["something that is not in the value", bytes, [new ArrayBuffer(1)], "it is not part of the value"],
    ["a port that is not in the value", cyclic, [port1], 'list[0] is "EventTarget": it is not part of the value'],
    ["no list but a buffer", bytes, bytes.buffer as unknown as object[], 'list is "ArrayBuffer": give an array'],
    ["a number", 5 as unknown as object, undefined, 'value is "Number": say what to move of it'],
    ["a text", "x" as unknown as object, [bytes.buffer], "it is not part of the value"],
  ])("P4 refuses %s at once, and says why", (_name, value, list, text) => {
    expect(() => transfer(value, list)).toThrow(
      expect.objectContaining({ code: "invalid_option", message: expect.stringContaining(text) as unknown }) as Error,
    );
    expect(bytes.length).toBe(1);
  });
});

describe("what is transferred to another node", () => {
  it("P4 as an argument and as a result is moved, and not copied", async () => {
    const moved: Uint8Array[] = [];
    const { spawn } = setUp({
      turn(bytes: Uint8Array) {
        moved.push(bytes);
        return transfer(bytes.map((n) => n + 1));
      },
      give(bytes: Uint8Array) {
        moved.push(bytes);
        return transfer({ bytes }, [bytes.buffer]);
      },
    });
    const [a, b] = [bytesOf(1, 2), bytesOf(5)];
    const spawned = [spawn("turn", transfer(a)), spawn("give", transfer(b))];
    expect([a.length, b.length]).toEqual([2, 1]);
    await settled();
    expect(spawned.map(({ ends }) => ends)).toEqual([
      [{ reason: "normal", value: bytesOf(2, 3) }],
      [{ reason: "normal", value: { bytes: bytesOf(5) } }],
    ]);
    expect([a.length, b.length]).toEqual([0, 0]);
    // What was returned has left there, and what was not is there still.
    expect(moved.map(({ length }) => length)).toEqual([2, 0]);
  });

  it("P4 together with what is not: only what is listed is moved", async () => {
    const { spawn } = setUp({ sum: (...all: Uint8Array[]) => all.map(([first]) => first) });
    const [a, b, c] = [bytesOf(1), bytesOf(2), bytesOf(3)];
    const spawned = spawn("sum", transfer(a), b, transfer(c));
    await settled();
    expect(spawned.ends).toEqual([{ reason: "normal", value: [1, 2, 3] }]);
    expect([a.length, b.length, c.length]).toEqual([0, 1, 0]);
  });

  it("P4 by two arguments that share a buffer: they share it there, too", async () => {
    const { spawn } = setUp({ same: (a: Uint8Array, b: Uint8Array) => a.buffer === b.buffer });
    const a = bytesOf(1, 2);
    const spawned = spawn("same", transfer(a), transfer(new Uint8Array(a.buffer, 1)));
    await settled();
    expect(spawned.ends).toEqual([{ reason: "normal", value: true }]);
  });

  it("P4 a buffer that one task copies and the next one gets is not the same memory for both", async () => {
    const { spawn } = setUp({ fill: (bytes: Uint8Array) => bytes.fill(9), look: (bytes: Uint8Array) => [...bytes] });
    const bytes = bytesOf(1);
    const copied = spawn("fill", bytes);
    const moved = spawn("look", transfer(bytes));
    await settled();
    expect([copied.ends, moved.ends]).toEqual([[{ reason: "normal", value: bytesOf(9) }], [{ reason: "normal", value: [1] }]]);
  });

  it("P4 a MessagePort works at its other end", async () => {
    const { spawn } = setUp({ answer: (port: MessagePort) => port.postMessage("hello") });
    const { port1, port2 } = new MessageChannel();
    const answered = once(port1, "message");
    spawn("answer", transfer(port2));
    await settled();
    expect(await answered).toEqual(["hello"]);
    port1.close();
  });

  it("P4 a mark counts once: what is sent without one afterwards is copied", async () => {
    const { near, listener, heard } = setUp();
    const value = { bytes: bytesOf(1) };
    near.send(listener, transfer(value, [value.bytes.buffer]));
    expect(value.bytes.length).toBe(0);
    value.bytes = bytesOf(2);
    near.send(listener, value);
    expect(value.bytes.length).toBe(1);
    await settled();
    expect(heard).toEqual([{ bytes: bytesOf(1) }, { bytes: bytesOf(2) }]);
  });

  it("P4 as a message is moved when it is sent, in order with the others", async () => {
    const { near, listener, heard } = setUp();
    const all = [bytesOf(0), bytesOf(1), bytesOf(2)];
    all.forEach((bytes, at) => {
      near.send(listener, `before ${at}`);
      near.send(listener, transfer(bytes));
      expect(bytes.length).toBe(0);
    });
    await settled();
    expect(heard).toEqual(["before 0", bytesOf(0), "before 1", bytesOf(1), "before 2", bytesOf(2)]);
  });

  it("P4 as a message for later leaves its sender at once, and arrives then", async () => {
    const { time, near, listener, heard } = setUp();
    const bytes = bytesOf(4);
    near.sendAfter(listener, transfer(bytes), 1_000);
    expect(bytes.length).toBe(0);
    await time.advance(999);
    expect(heard).toEqual([]);
    await time.advance(1);
    await settled();
    expect(heard).toEqual([bytesOf(4)]);
  });

  it("P4 as a message that cannot be sent throws at the sender, and is still there", () => {
    const { near, listener } = setUp();
    const bytes = bytesOf(1);
    const message = transfer({ bytes, fn: () => 1 }, [bytes.buffer]);
    expect(() => near.send(listener, message)).toThrow(refused("message.fn", "message.fn is a function") as Error);
    expect(bytes.length).toBe(1);
    const marked = transfer(bytes);
    structuredClone(bytes, { transfer: [bytes.buffer] });
    expect(() => near.send(listener, marked)).toThrow(refused("message", "detached") as Error);
  });

  it.each<[string, (bytes: Uint8Array<ArrayBuffer>) => unknown, string, string]>([
    ["holds what cannot be cloned", (bytes) => transfer({ bytes, fn: () => 1 }, [bytes.buffer]), "args[0].fn", "a function"],
    [
      "was transferred by another meanwhile",
      (bytes) => {
        const value = transfer({ bytes }, [bytes.buffer]);
        structuredClone(bytes, { transfer: [bytes.buffer] });
        return value;
      },
      "args[0].bytes",
      "detached",
    ],
    ["holds a port that is not listed", (bytes) => transfer({ bytes, port: port() }, [bytes.buffer]), "args[0].port", "transfer(value, [port])"],
    ["lists what this wire does not move", (bytes) => transfer({ bytes, odd }, [bytes.buffer, odd]), "args", "args is refused (Found invalid object"],
  ])("P4 an argument that %s: that task alone ends, nothing is lost, and the others run", async (_name, argument, path, text) => {
    const { spawn } = setUp({ length: (value: { length?: number }) => value.length });
    const good = bytesOf(1, 2);
    const spawned = [spawn("length", [1]), spawn("length", argument(bytesOf(7))), spawn("length", transfer(good)), spawn("length", [1, 2, 3])];
    await settled();
    expect(spawned.map(({ ends }) => ends)).toEqual([
      [{ reason: "normal", value: 1 }],
      [{ reason: refused(path, text), value: undefined }],
      [{ reason: "normal", value: 2 }],
      [{ reason: "normal", value: 3 }],
    ]);
    expect(spawned.map(({ args }) => isGone(args))).toEqual([false, false, true, false]);
  });

  it("P4 a call with something transferred is good for one task", async () => {
    const { spawn, connection } = setUp({ take: () => "taken" });
    const { port2 } = new MessageChannel();
    const first = spawn("take", transfer({ port2, bytes: bytesOf(1) }, [port2]));
    await settled();
    const second = new Recorder();
    connection.spawn({ module: "test:", name: "take" }, first.args, undefined, second);
    await settled();
    expect(first.ends).toEqual([{ reason: "normal", value: "taken" }]);
    expect(second.ends).toEqual([
      {
        reason: expect.objectContaining({ code: "not_cloneable", message: expect.stringContaining("a call of its own") as unknown }),
        value: undefined,
      },
    ]);
  });

  it("P4 a port that was closed after it had been marked: that task alone ends", async () => {
    const { spawn } = setUp({ take: () => "taken" });
    const { port1 } = new MessageChannel();
    const closed = spawn("take", transfer({ deep: [port1] }, [port1]));
    const good = spawn("take", 1);
    port1.close();
    await settled();
    expect(closed.ends).toEqual([{ reason: refused("args", "MessagePort in transfer list is already detached"), value: undefined }]);
    expect(good.ends).toEqual([{ reason: "normal", value: "taken" }]);
  });

  it("P4 what failed to leave is still there", async () => {
    const { spawn } = setUp({ take: () => 1 });
    const bytes = bytesOf(1);
    const { ends } = spawn("take", transfer({ bytes, fn: () => 1 }, [bytes.buffer]));
    await settled();
    expect(ends).toHaveLength(1);
    expect(bytes.length).toBe(1);
  });

  it("P4 a result that cannot leave ends that task alone", async () => {
    const kept = bytesOf(1);
    const { spawn } = setUp({
      bad: (bytes: Uint8Array<ArrayBuffer>) => transfer({ bytes, fn: () => 1 }, [bytes.buffer]),
      given: () => transfer(kept),
    });
    const spawned = [spawn("bad", bytesOf(1)), spawn("given"), spawn("given")];
    await settled();
    expect(spawned.map(({ ends }) => ends)).toEqual([
      [{ reason: refused("result.fn", "a function"), value: undefined }],
      [{ reason: "normal", value: bytesOf(1) }],
      [{ reason: expect.objectContaining({ code: "invalid_option", message: expect.stringContaining("detached") as unknown }), value: undefined }],
    ]);
  });

  it("P4 a function's first call that does not leave does not keep the next from finding the function", async () => {
    const { spawn } = setUp({ length: ({ length }: Uint8Array) => length });
    const bytes = bytesOf(1);
    const spawned = [
      spawn("length", transfer({ bytes, fn: () => 1 }, [bytes.buffer])),
      spawn("length", transfer(bytesOf(1, 2))),
      spawn("length", "abc"),
    ];
    await settled();
    expect(spawned.map(({ ends }) => ends[0]?.value)).toEqual([undefined, 2, 3]);
  });
});

describe("what is transferred within a node", () => {
  it("P4 is handed over as it is, and copied when it is sent on without a mark", async () => {
    const { time, near, listener, heard } = setUp();
    const bytes = bytesOf(1);
    const pid = near.spawn(async (self) => self.send(listener, await self.receive()));
    near.send(pid, transfer(bytes));
    await settled();
    expect([heard, bytes]).toEqual([[bytesOf(1)], bytesOf(1)]);

    expect(await near.run(() => transfer(bytes))).toBe(bytes);
    near.sendAfter(
      near.spawn(async (self) => self.send(listener, await self.receive())),
      transfer(bytes),
      0,
    );
    near.send(listener, bytes);
    await time.advance(1);
    expect([heard.length, bytes.length]).toEqual([3, 1]);
  });
});

const odd = new WeakMap();
