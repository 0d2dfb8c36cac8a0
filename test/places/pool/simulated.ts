import { memoryWire } from "../../../src/kernel/memory-wire.js";
import { Node } from "../../../src/kernel/node.js";
import type { Batch } from "../../../src/kernel/wire.js";
import type { Identity } from "../../../src/places/pool/beginning.js";
import type { Carrier, Death } from "../../../src/places/pool/carrier.js";
import { type CommonOptions, checkPool } from "../../../src/places/pool/options.js";
import { Pool } from "../../../src/places/pool/pool.js";
import { callOf } from "../../../src/tasks/module-reference.js";
import type { Call } from "../../../src/tasks/module-reference.js";
import { TaskSupervisor } from "../../../src/tasks/supervisor.js";
import { nodeInside } from "../../../src/testing/node-inside.js";
import { VirtualTime } from "../../../src/testing/virtual-time.js";
import { running } from "./running.js";

/** A pool whose nodes are all in this event loop, on virtual time. */
export interface Simulated {
  readonly time: VirtualTime;
  readonly supervisor: TaskSupervisor;
  /** The nodes that are there, by their numbers. */
  nodes(): number[];
  /** Ends one, as a crash would. */
  crash(number: number): Promise<void>;
  /** Of nodes that start when they are told: it is up. */
  up(number: number): void;
  /** And it begins to read what it has been sent. */
  reads(number: number): void;
}

/** What a task of a simulated pool does: takes so many milliseconds, and answers the number of its node. */
export const take = (milliseconds: number): Call<number> => callOf("simulated:", "take", [milliseconds]) as Call<number>;

export function simulated(
  options: CommonOptions & { readonly concurrency?: number; readonly startsBroken?: boolean; readonly startsWhenTold?: boolean } = {},
): Simulated {
  const { concurrency, startsBroken = false, startsWhenTold = false, ...rest } = options;
  const time = new VirtualTime({ reporter: () => undefined });
  const there = new Map<number, (death: Death) => void>();
  const told = new Map<number, { up(): void; reads(): void }>();
  const launch = ({ name, parent }: Identity): Carrier => {
    const number = Number(name.slice(name.search(/\d+$/)));
    const wires = memoryWire();
    const [, away] = wires;
    const run = async (_ref: unknown, ms: number): Promise<number> => {
      await new Promise<void>((resolve) => void time.clock.set(resolve, ms));
      return number;
    };
    const { carrier, board, die } = nodeInside(wires, new Node({ name, clock: time.clock }), parent, running(run), () => there.delete(number), {
      concurrency,
    });
    if (startsWhenTold) {
      const receive = away.receive.bind(away);
      const sent: Batch[] = [];
      away.receive = (batch) => sent.push(batch);
      told.set(number, {
        up: () => {
          board.up();
        },
        reads() {
          away.receive = receive;
          sent.forEach(receive);
        },
      });
    } else if (!startsBroken) board.up();
    there.set(number, die);
    if (startsBroken) die({ exitCode: 1 });
    return carrier;
  };
  const settings = checkPool(rest, "concurrency", concurrency, structuredClone);
  const supervisor = TaskSupervisor.start({
    node: time.node,
    on: (host) => new Pool(host, { kind: "a simulated node", letter: "s", ...settings, launch }),
  });
  return {
    time,
    supervisor,
    nodes: () => [...there.keys()].sort((a, b) => a - b),
    async crash(number) {
      there.get(number)?.({ exitCode: 1 });
      await time.advance(0);
    },
    up: (number) => told.get(number)?.up(),
    reads: (number) => told.get(number)?.reads(),
  };
}
