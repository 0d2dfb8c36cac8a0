import { PassThrough } from "node:stream";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connect } from "../../src/kernel/connection.js";
import { LocalHost } from "../../src/kernel/local-host.js";
import { memoryWire } from "../../src/kernel/memory-wire.js";
import { Down } from "../../src/kernel/messages.js";
import { Node } from "../../src/kernel/node.js";
import type { FunctionRef } from "../../src/kernel/wire.js";
import { encodeFrame } from "../../src/places/subprocess/frames.js";
import { PipeWire } from "../../src/places/subprocess/pipe-wire.js";
import { batches, honest } from "./fuzz/attack.js";
import { wires } from "./fuzz/wires.js";

/** How many attacks: FUZZ=100000 for a long run. */
const numRuns = Number(process.env["FUZZ"] ?? 150);

const uncaught: unknown[] = [];
const note = (error: unknown): void => void uncaught.push(error);
beforeEach(() => {
  uncaught.length = 0;
  process.on("uncaughtException", note).on("unhandledRejection", note);
});
afterEach(() => {
  process.off("uncaughtException", note).off("unhandledRejection", note);
  expect(uncaught).toEqual([]);
});

const square = ({ name }: FunctionRef) => {
  if (name !== "square") throw new Error(`no function ${name}`);
  return { fn: (a: number, b: number) => a * b, takesSelf: false };
};

/** A node with a process that is attacked, and a third node that talks to it by another wire. */
function setUp() {
  const quiet = (): void => undefined;
  const near = new Node({ name: "near", reporter: quiet });
  const third = new Node({ name: "third", reporter: quiet });
  const [here, there] = memoryWire();
  connect(near, "third", here);
  connect(third, "near", there);
  const got: unknown[] = [];
  const friend = third.spawn(async (self) => {
    self.trapExit = true;
    for (;;) await self.receive();
  });
  let ref = "";
  const victim = near.spawn(async (self) => {
    self.trapExit = true;
    ref = self.monitor(friend);
    for (;;) {
      const message = await self.receive();
      if (Array.isArray(message) && message[0] === "ping") self.send(message[1] as never, "pong");
      else got.push(message);
    }
  });
  /** The other node asks the process that was attacked; its monitor and itself are there. */
  const isWell = async (): Promise<void> => {
    const answer = third.run(async (self) => {
      self.send(victim, ["ping", self.pid]);
      return self.receive();
    });
    expect(await answer).toBe("pong");
    expect(near.info(victim)?.monitors).toEqual([friend]);
    expect(got.filter((message) => message instanceof Down)).toEqual([]);
  };
  return {
    near,
    third,
    victim,
    friend,
    get ref() {
      return ref;
    },
    isWell,
  };
}

describe.each(wires)("N5 a hostile peer at %s", (_name, make) => {
  it("N5 is refused what is no signal or not its own, and the node lives on", async () => {
    const world = setUp();
    const { near, victim, isWell } = world;
    await isWell();
    const attacked = make();
    connect(near, "far", attacked.wire, new LocalHost(near, square));
    await fc.assert(
      fc.asyncProperty(fc.array(batches(victim, world.ref), { minLength: 1, maxLength: 5 }), async (attack) => {
        for (const batch of attack) attacked.post(batch);
        await attacked.arrived();
        await isWell();
        expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
      }),
      { numRuns },
    );
    expect(near.refused).toBeGreaterThan(0);
    // What it may do it can do all the same.
    attacked.post([0, victim, ["ping", victim]]);
    await attacked.arrived();
    await isWell();
    const { processCount } = near;
    attacked.close();
    await expect.poll(() => near.processCount).toBeLessThanOrEqual(processCount);
    await isWell();
  });

  it("N5 each signal in the name of another is refused and counted", async () => {
    const world = setUp();
    const { near, victim, isWell } = world;
    await isWell();
    const attacked = make();
    connect(near, "far", attacked.wire, new LocalHost(near, square));
    const all = honest(victim, world.ref);
    const forged = all.slice(
      all.findIndex((signal) => signal[0] === 1 && signal[2] === "<near.1>"),
      -2,
    );
    for (const [n, signal] of forged.entries()) {
      attacked.post(signal);
      await attacked.arrived();
      expect([signal, near.refused]).toEqual([signal, n + 1]);
    }
    await isWell();
    attacked.close();
  });

  it("N5 what is no batch is refused", async () => {
    const world = setUp();
    const { near, isWell } = world;
    const attacked = make();
    connect(near, "far", attacked.wire);
    for (const odd of [0, "text", null, { length: 3 }, new Map()]) attacked.post(odd);
    await attacked.arrived();
    await isWell();
    attacked.close();
  });
});

it("N5 bytes of a pipe that are no frame, or a broken one, are told as unreadable, whatever they are, and nothing is thrown", () => {
  const good = encodeFrame([0, "<near.1>", { hello: ["there", new Map([[1, new Date(0)]])] }]);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 }),
      fc.nat(good.length),
      fc.uint8Array({ maxLength: 64 }),
      (changes, cut, noise) => {
        const bytes = Buffer.from(good);
        // The length of a frame stays what it is, or the reader would wait for the rest.
        for (const [at, value] of changes) if (at >= 4) bytes[at] = value;
        const noisy = Buffer.alloc(4 + noise.length);
        noisy.writeUInt32LE(noise.length);
        noisy.set(noise, 4);
        const pipe = new PassThrough();
        const wire = new PipeWire(pipe, () => undefined);
        const arrived: unknown[] = [];
        wire.receive = (batch) => arrived.push(batch);
        wire.lost = () => undefined;
        for (const piece of [noisy, bytes.subarray(0, cut), bytes.subarray(cut), good]) pipe.write(piece);
        pipe.read(0);
      },
    ),
    { numRuns: numRuns * 10 },
  );
});
