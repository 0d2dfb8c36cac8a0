import fc from "fast-check";
import { Down } from "../../../src/kernel/messages.js";
import { describe, expect, it } from "vitest";
import { Random } from "../../../src/testing/random.js";
import { VirtualTime } from "../../../src/testing/virtual-time.js";
import { nodeProcess } from "../../../src/places/cluster/membership.js";
import type { Self } from "../../../src/kernel/self.js";
import { NodesPlace } from "../../../src/places/cluster/nodes-place.js";
import { callOf, task } from "../../../src/tasks/module-reference.js";
import { TaskSupervisor } from "../../../src/tasks/supervisor.js";
import { Task } from "../../../src/tasks/task.js";
import { type Simulated, SimulatedNats } from "./simulated-bus.js";

/** What a pair of nodes goes through, one thing after the other. */
type Step =
  | { readonly kind: "send"; readonly from: 0 | 1; readonly count: number; readonly size: number }
  | { readonly kind: "blink"; readonly node: 0 | 1; readonly milliseconds: number }
  | { readonly kind: "lossy"; readonly loses: number; readonly doubles: number }
  | { readonly kind: "wait"; readonly milliseconds: number };

const side = fc.constantFrom<0 | 1>(0, 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("send" as const), from: side, count: fc.integer({ min: 1, max: 5 }), size: fc.constantFrom(1, 10, 3_000) }),
  fc.record({ kind: fc.constant("blink" as const), node: side, milliseconds: fc.constantFrom(10, 150, 400, 3_000, 9_000) }),
  fc.record({ kind: fc.constant("lossy" as const), loses: fc.constantFrom(0, 0, 20, 300), doubles: fc.constantFrom(0, 200) }),
  fc.record({ kind: fc.constant("wait" as const), milliseconds: fc.constantFrom(1, 40, 200, 1_000, 7_000) }),
);

/** What a process hears of the other one: its numbers, and that it was lost. */
class Ear {
  readonly heard: (number | "lost")[] = [];

  /** Listens on one node to the process of this name on the other, until the end. */
  listen({ node }: Simulated, name: string, other: string): void {
    node.spawn(async (self) => {
      self.register(name);
      const target = { name: other, node: other };
      self.monitor(target);
      for (;;) {
        const message = await self.receive();
        if (message instanceof Down) {
          this.heard.push("lost");
          // Looked for again as soon as it may be there.
          self.sendAfter(name, "again", 50);
        } else if (message === "again") self.monitor(target);
        else this.heard.push((message as { readonly n: number }).n);
      }
    });
  }
}

describe("a cluster on virtual time", () => {
  it("N2 whatever breaks and gets lost: signals arrive in order, none twice, and none is missing that nobody was told of", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), fc.integer({ min: 1, max: 1_000_000 }), async (steps, seed) => {
        const time = new VirtualTime({ reporter: () => undefined });
        const nats = new SimulatedNats(time.clock, new Random(seed), 5);
        const nodes = [nats.node("a"), nats.node("b")] as const;
        await time.until(Promise.all(nodes.map(({ membership }) => membership.join())));
        const ears = [new Ear(), new Ear()] as const;
        ears[0].listen(nodes[0], "a", "b");
        ears[1].listen(nodes[1], "b", "a");
        await time.advance(1_000);
        const sent = [0, 0];
        for (const one of steps) {
          if (one.kind === "send")
            for (let n = 0; n < one.count; n++)
              nodes[one.from].node.send(
                { name: one.from === 0 ? "b" : "a", node: one.from === 0 ? "b" : "a" },
                { n: ++(sent as number[])[one.from]!, text: "x".repeat(one.size) },
              );
          else if (one.kind === "blink") nats.blink(nodes[one.node].connection, one.milliseconds);
          else if (one.kind === "lossy") Object.assign(nats, { loses: one.loses, doubles: one.doubles });
          else await time.advance(one.milliseconds);
        }
        nats.loses = 0;
        await time.advance(60_000);
        for (const side of [0, 1] as const) {
          const { heard } = ears[side];
          const numbers = heard.filter((one) => one !== "lost");
          expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b)); // in order, none twice
          // A gap, only where the other was lost in between; what came last of all is missing only then, too.
          let last = 0;
          let isTold = false;
          for (const one of [...heard, (sent[1 - side] as number) + 1]) {
            if (one === "lost") isTold = true;
            else {
              if (one !== last + 1) expect({ heard, missing: last + 1, isTold }).toMatchObject({ isTold: true });
              last = one;
              isTold = false;
            }
          }
        }
        // Both find each other again.
        expect(nodes.map(({ membership }) => [...membership.members()].length)).toEqual([1, 1]);
        for (const { node } of nodes) for (const { pid } of node.processes()) node.find(pid)?.terminate("killed");
        await time.until(Promise.all(nodes.map(({ membership }) => membership.leave())));
        await time.advance(100); // what was under way
        expect(time.clock.pending).toBe(0);
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it("N1 of a tenth of many nodes that are killed at once, all who monitor them hear, and nobody hears of another", async () => {
    const time = new VirtualTime({ reporter: () => undefined });
    const nats = new SimulatedNats(time.clock, new Random(7), 20);
    const count = Number(process.env["NODES"] ?? 200);
    const nodes = Array.from({ length: count }, (_, n) => nats.node(`n${n}`));
    // In waves, as machines start.
    for (let from = 0; from < count; from += 100)
      await time.until(Promise.all(nodes.slice(from, from + 100).map(({ membership }) => membership.join())));
    expect(nodes.every(({ membership }) => [...membership.members()].length === count - 1)).toBe(true);
    const downs: string[] = [];
    for (const [index, { node }] of nodes.entries())
      node.spawn(async (self) => {
        for (const step of [1, 7, 100]) self.monitor({ name: nodeProcess, node: `n${(index + step) % count}` });
        for (;;) {
          const { from } = (await self.receive()) as Down;
          downs.push(`${index} ${(from as { readonly node: string }).node}`);
        }
      });
    // They gossip for a while.
    await time.advance(12_000);
    expect(downs).toEqual([]);
    const killed = new Set(Array.from({ length: count / 10 }, (_, n) => n * 10 + 3));
    for (const index of killed) nats.kill((nodes[index] as Simulated).connection);
    await time.advance(2_000);
    const expected = nodes.flatMap((_, index) =>
      killed.has(index)
        ? []
        : [1, 7, 300]
            .map((step) => (index + step) % count)
            .filter((other) => killed.has(other))
            .map((other) => `${index} n${other}`),
    );
    expect(downs.filter((down) => !killed.has(Number(down.split(" ")[0]))).sort()).toEqual(expected.sort());
    // Nobody who is there has been taken for lost.
    for (const [index, { membership }] of nodes.entries()) {
      const known = new Set([...membership.members()].map(({ bare }) => bare));
      if (!killed.has(index)) expect(nodes.filter((_, other) => other !== index && !killed.has(other) && !known.has(`n${other}`))).toEqual([]);
    }
  }, 900_000);

  it("S7 what a supervisor has left free on another node others of its node have at once", async () => {
    const time = new VirtualTime({ reporter: () => undefined });
    const nats = new SimulatedNats(time.clock, new Random(5), 1);
    const take = task((self: Self) => self.sleep(10));
    const nodes = [nats.node("a"), nats.node("b", { concurrency: 1, functions: { take } })] as const;
    await time.until(Promise.all(nodes.map(({ membership }) => membership.join())));
    const [{ node, membership }] = nodes;
    const start = (): TaskSupervisor => TaskSupervisor.start({ node, on: (host) => new NodesPlace(host, membership, "the others", () => true) });
    const supervisors = [start(), start()];
    await time.until(
      node.run(async (self) => {
        const startedAt = time.now;
        await Task.awaitMany(
          self,
          supervisors.map((one) => one.asyncNolink(self, callOf("m:", "take", []))),
        );
        expect(time.now - startedAt).toBeLessThan(2 * 15); // nobody has waited for a node to tell of itself
      }),
    );
    await time.until(Promise.all(supervisors.map((one) => one.stop())));
    await time.until(Promise.all(nodes.map((one) => one.membership.leave())));
  });

  it("N1 a node that nothing was said to is forgotten when it no longer tells of itself", async () => {
    const time = new VirtualTime({ reporter: () => undefined });
    const nats = new SimulatedNats(time.clock, new Random(3), 20);
    const [a, b, c] = ["a", "b", "c"].map((name) => nats.node(name)) as [Simulated, Simulated, Simulated];
    await time.until(Promise.all([a, b, c].map(({ membership }) => membership.join())));
    nats.kill(b.connection);
    await time.advance(3_000);
    expect([...a.membership.members()].map(({ bare }) => bare).sort()).toEqual(["b", "c"]);
    await time.advance(2_000);
    expect([...a.membership.members()].map(({ bare }) => bare)).toEqual(["c"]);
  }, 900_000);
});
