import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connect } from "../../src/kernel/connection.js";
import { LocalHost } from "../../src/kernel/local-host.js";
import { memoryWire } from "../../src/kernel/memory-wire.js";
import { Down } from "../../src/kernel/messages.js";
import { Node } from "../../src/kernel/node.js";
import type { FunctionRef } from "../../src/kernel/wire.js";
import { encodeFrame, frameReader } from "../../src/places/subprocess/frames.js";
import { batches, honest } from "./fuzz/attack.js";
import { type Attacked, wires } from "./fuzz/wires.js";

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

/** The same world, once all is well there, with an attacker at a wire of its own. */
async function attackedBy(make: () => Attacked) {
  const world = setUp();
  await world.isWell();
  const attacker = make();
  connect(world.near, "far", attacker.wire, new LocalHost(world.near, square));
  return { ...world, ref: world.ref, attacker };
}

describe.each(wires)("N5 a hostile peer at %s", (_name, make) => {
  it("N5 is refused what is no signal or not its own, and the node lives on", async () => {
    const { near, victim, ref, isWell, attacker: attacked } = await attackedBy(make);
    await fc.assert(
      fc.asyncProperty(fc.array(batches(victim, ref), { minLength: 1, maxLength: 5 }), async (attack) => {
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
    attacked.close();
    // What it had started, its links and its monitors went with its wire.
    const left = () => ({ processes: near.processCount, addresses: near.table.size, stragglers: near.stragglers, ...near.info(victim) });
    await expect.poll(left).toMatchObject({ processes: 1, addresses: 1, stragglers: 0, links: [], monitoredBy: [], mailboxLength: 0 });
    await isWell();
  });

  it("N5 each signal in the name of another is refused and counted", async () => {
    const { near, victim, ref, isWell, attacker: attacked } = await attackedBy(make);
    const all = honest(victim, ref);
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

  it("N5 what is no batch is refused, where nothing else travels on the wire", async () => {
    const { near, isWell, attacker: attacked } = await attackedBy(make);
    const aside: unknown[] = [];
    Object.assign(attacked.wire, { aside: (what: unknown) => aside.push(what) });
    for (const odd of [0, "text", null, { length: 3 }, new Map()]) attacked.post(odd);
    await attacked.arrived();
    expect([near.refused, aside.length]).toEqual(attacked.hasAsides ? [0, 5] : [5, 0]);
    await isWell();
    attacked.close();
  });
});

it("N5 a frame of a pipe that is broken is a value or told as unreadable, and those around it are read", () => {
  const first = encodeFrame([0, "<near.1>", { hello: ["there", new Map([[1, new Date(0)]])] }]);
  const last = ["the last one"];
  let unreadable = 0;
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(first.length - 1), fc.nat(255)), { maxLength: 6 }),
      fc.nat(first.length),
      fc.uint8Array({ maxLength: 64 }),
      (changes, cut, noise) => {
        const bytes = Buffer.from(first);
        // The length of a frame stays what it is, or the reader would wait for the rest.
        for (const [at, value] of changes) if (at >= 4) bytes[at] = value;
        const noisy = Buffer.alloc(4 + noise.length);
        noisy.writeUInt32LE(noise.length);
        noisy.set(noise, 4);
        const arrived: unknown[] = [];
        let broken = 0;
        const read = frameReader(
          (value) => arrived.push(value),
          () => broken++,
        );
        for (const piece of [noisy, bytes.subarray(0, cut), bytes.subarray(cut), encodeFrame(last)]) read(piece);
        expect([arrived.length + broken, arrived.at(-1)]).toEqual([3, last]);
        unreadable += broken;
      },
    ),
    { numRuns: numRuns * 10 },
  );
  expect(unreadable).toBeGreaterThan(numRuns);
});
