import { describe, expect, it } from "vitest";
import type { Pid } from "../../../src/kernel/ids.js";
import { ProcessGroups } from "../../../src/places/cluster/process-groups.js";
import { Random } from "../../../src/testing/random.js";
import { VirtualTime } from "../../../src/testing/virtual-time.js";
import { type Simulated, SimulatedNats } from "./simulated-bus.js";

interface Member extends Simulated {
  readonly groups: ProcessGroups;
}

/** Three nodes that know each other, and one more when it is wanted. */
async function scene(
  play: (a: Member, b: Member, c: Member, more: { time: VirtualTime; nats: SimulatedNats; join(name: string): Promise<Member> }) => Promise<void>,
) {
  const time = new VirtualTime({ reporter: () => undefined });
  const nats = new SimulatedNats(time.clock, new Random(5), 5);
  const join = async (name: string): Promise<Member> => {
    const one = nats.node(name);
    const groups = new ProcessGroups(one.membership);
    await time.until(one.membership.join());
    return { ...one, groups };
  };
  const [a, b, c] = [await join("a"), await join("b"), await join("c")];
  await play(a, b, c, { time, nats, join });
}

/** A process on a node that joins these groups, and then does what it is told. */
const joins = ({ node, groups }: Member, ...names: readonly string[]): Pid =>
  node.spawn(async (self) => {
    for (const name of names) groups.join(self, name);
    for (;;) {
      const order = (await self.receive()) as readonly [what: "join" | "leave" | "end", group: string];
      if (order[0] === "end") return;
      groups[order[0]](self, order[1]);
    }
  });

const everywhere = (group: string, ...nodes: readonly Member[]): Pid[][] => nodes.map(({ groups }) => groups.members(group).sort());

describe("process groups", () => {
  it("N4 who joins is known everywhere, until it leaves or ends", () =>
    scene(async (a, b, c, { time }) => {
      const [one, two] = [joins(a, "room", "hall"), joins(b, "room")];
      await time.advance(100);
      for (const pids of everywhere("room", a, b, c)) expect(pids).toEqual([one, two].sort());
      expect([a.groups.localMembers("room"), c.groups.localMembers("room")]).toEqual([[one], []]);
      expect(c.groups.groups().sort()).toEqual(["hall", "room"]);
      b.node.send(two, ["leave", "room"]);
      a.node.send(one, ["end", ""]);
      await time.advance(100);
      expect(everywhere("room", a, b, c)).toEqual([[], [], []]);
      expect(c.groups.groups()).toEqual([]);
    }));

  it("N4 one that joins twice is in it twice, and leaves once at a time", () =>
    scene(async (a, b, _c, { time }) => {
      const one = joins(a, "room", "room");
      await time.advance(100);
      expect(b.groups.members("room")).toEqual([one, one]);
      a.node.send(one, ["leave", "room"]);
      await time.advance(100);
      expect(b.groups.members("room")).toEqual([one]);
      a.node.send(one, ["leave", "elsewhere"]); // was never in it
      a.node.send(one, ["end", ""]);
      await time.advance(100);
      expect(b.groups.members("room")).toEqual([]);
    }));

  it("N4 a node that comes later hears of all, and those of a node that is lost are gone", () =>
    scene(async (a, _b, c, { time, nats, join }) => {
      const [one, two] = [joins(a, "room"), joins(c, "room")];
      await time.advance(100);
      const d = await join("d");
      await time.advance(1_000);
      expect(d.groups.members("room").sort()).toEqual([one, two].sort());
      nats.kill(c.connection);
      await time.advance(2_000);
      expect(everywhere("room", a, d)).toEqual([[one], [one]]);
    }));

  it("N4 after a network that was cut for long, both sides know each other's again", () =>
    scene(async (a, b, _c, { time, nats }) => {
      const [one, two] = [joins(a, "room"), joins(b, "room")];
      await time.advance(100);
      nats.blink(b.connection, 20_000);
      await time.advance(10_000);
      expect(a.groups.members("room")).toEqual([one]);
      const three = joins(b, "room");
      await time.advance(20_000);
      expect(everywhere("room", a, b)).toEqual([[one, two, three].sort(), [one, two, three].sort()]);
    }));

  it("N4 a message goes to all of a group", () =>
    scene(async (a, b, c, { time }) => {
      const heard: string[] = [];
      for (const { node, groups } of [a, b, c])
        node.spawn(async (self) => {
          groups.join(self, "room");
          heard.push(`${node.bareName} ${String(await self.receive())}`);
        });
      await time.advance(100);
      expect(b.groups.dispatch("room", "hello")).toBe(3);
      expect(b.groups.dispatch("empty", "hello")).toBe(0);
      await time.advance(100);
      expect(heard.sort()).toEqual(["a hello", "b hello", "c hello"]);
    }));

  it("N5 what is no news, or of nobody who is there, is passed over", () =>
    scene(async (a, b, _c, { time }) => {
      const one = joins(b, "room");
      await time.advance(100);
      const forged = [
        5,
        null,
        { $pg: "joins", group: "room", pid: "<x~1.1>" },
        { $pg: "joins", group: "room", pid: "no pid" },
        { $pg: "joins", group: 5, pid: one },
        { $pg: "all", groups: [["room", ["<x~1.1>"]], 5, ["room", 7], [3, [one]]] },
        { $pg: "all", groups: 5 },
        { $pg: "other", group: "room", pid: one },
      ];
      for (const message of forged) b.node.send({ name: "pg", node: "a" }, message);
      await time.advance(100);
      expect(a.groups.members("room")).toEqual([one]);
    }));

  it("T13 asks for a group's name, and a process of this node", () =>
    scene(async (a, b, _c, { time }) => {
      const told = time.until(
        a.node.run((self) => {
          expect(() => {
            a.groups.join(self, "");
          }).toThrow("join(self, group): group");
          expect(() => {
            a.groups.join(undefined as never, "room");
          }).toThrow("join(self, group): self");
        }),
      );
      await told;
      expect(b.groups.groups()).toEqual([]);
    }));
});
