import type { PoolNode } from "../../src/testing/pool-node.js";
import type { Name } from "./cluster.js";
import type { System } from "./system.js";

/** Draws what goes wrong with a system, and when. Answers how many things do. */
export function planFaults(system: System): number {
  const { dice, sim, pool, names } = system;
  const at = (ms: number, act: () => void): void => void sim.time.clock.set(act, ms);
  const isUp = (name: Name): boolean => !system.isDown(sim.nodes[name]);
  const poolNode = (act: (node: PoolNode) => void) => (): void => {
    const { nodes } = pool;
    if (nodes.length === 0) return;
    const node = dice.of(nodes);
    system.plansEndOf(node.name); // one that stalls for long is stopped by its pool
    act(node);
  };
  const count = dice.whole(0, 4);
  for (let fault = 0; fault < count; fault++) {
    const [one, two] = system.twoNodes();
    const start = dice.whole(0, 120);
    const end = start + dice.whole(1, 150);
    const stalls = dice.of([30, 150, 2_000]);
    dice.weighed<() => void>([
      [
        3,
        () => {
          at(start, () => sim.wire(one, two).cut());
          at(end, () => {
            if (isUp(one) && isUp(two)) sim.join(one, two);
          });
        },
      ],
      [
        3,
        () => {
          at(start, () => sim.wire(one, two).hold());
          at(end, () => sim.wire(one, two).release());
        },
      ],
      [
        2,
        () =>
          at(
            start,
            poolNode((node) => node.crash()),
          ),
      ],
      [
        1,
        () =>
          at(
            start,
            poolNode((node) => {
              node.stall();
              at(stalls, () => node.resume());
            }),
          ),
      ],
      [
        2,
        () => {
          const name = dice.of(names.slice(1)); // plain code runs on the first one
          const returns = dice.chance(0.6);
          at(start, () => sim.crash(name));
          if (returns)
            at(end, () => {
              if (!isUp(name)) sim.restart(name);
            });
        },
      ],
    ])();
  }
  return count;
}
