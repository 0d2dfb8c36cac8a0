import { memoryWire } from "../../src/kernel/memory-wire.js";
import { Node } from "../../src/kernel/node.js";
import type { Identity } from "../../src/places/pool/beginning.js";
import type { Carrier } from "../../src/places/pool/carrier.js";
import { checkPool } from "../../src/places/pool/options.js";
import { Pool } from "../../src/places/pool/pool.js";
import { moduleResolver } from "../../src/tasks/module-reference.js";
import type { PlaceFactory } from "../../src/tasks/place.js";
import { nodeInside } from "../../src/testing/node-inside.js";
import type { VirtualTime } from "../../src/testing/virtual-time.js";

/**
 * A pool of two nodes inside this event loop: what is asked of threads and child processes is asked of them too, in virtual time. Here alone, where
 * `taskward` means the sources: what was built has other classes.
 */
function nodesInside(time: VirtualTime, modules: ReadonlyMap<string, unknown>): PlaceFactory {
  const load = (url: string): Promise<unknown> => Promise.resolve(modules.get(url) ?? import(url));
  const launch = ({ name, parent, supervisor }: Identity): Carrier => {
    const node = new Node({ name, clock: time.clock, reporter: () => undefined });
    const { carrier, board } = nodeInside(memoryWire(), node, parent, moduleResolver(load), () => undefined, { supervisor });
    board.up();
    return carrier;
  };
  const settings = checkPool({ size: 2 }, "concurrency", 1, structuredClone);
  return (host) => new Pool(host, { kind: "a node inside", letter: "s", ...settings, launch });
}

(globalThis as Record<symbol, unknown>)[Symbol.for("taskward.test.inside")] = nodesInside;
