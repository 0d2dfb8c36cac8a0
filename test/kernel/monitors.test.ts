import type { Pid, Ref } from "taskward";
import { describe, expect, it } from "vitest";
import { type Puppet, venues } from "./venues.js";

/** The node that a pid belongs to. */
const node = ({ pid }: Puppet): string => pid.slice(1, pid.lastIndexOf("."));

describe.each(venues)("$name", (venue) => {
  it("K10 a monitor tells of any end, with its reason, and fires once", () =>
    venue.play(async (stage) => {
      const b = await stage.at("b");
      for (const reason of ["normal", "crash", { shutdown: 1 }]) {
        const a = await stage.at("a");
        const ref = await b.ask(["monitor", a.pid]);
        a.tell(["leave", reason]);
        await a.end();
        await b.do(["exit", a.pid, "kill"]);
        expect(await b.all()).toEqual([{ down: ref, from: a.pid, reason }]);
      }
      expect(await b.ask(["info", b.pid])).toMatchObject({ monitors: [] });
    }));

  it("K10 an error arrives with its name, message, cause and own properties", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      await b.do(["monitor", a.pid]);
      a.tell(["throw", "Special", "so it goes", { code: "E_GO", cause: "because" }]);
      expect(await b.got()).toMatchObject({ from: a.pid, reason: { error: "Special", message: "so it goes", own: { code: "E_GO" } } });
    }));

  it("K10 monitors are one-way", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      await b.do(["monitor", a.pid]);
      expect(await a.ask(["info", a.pid])).toMatchObject({ monitoredBy: [a.self.pid, b.pid] });
      b.tell(["leave", "crash"]);
      await b.end();
      expect(await a.all()).toEqual([]);
      expect(await a.ask(["info", a.pid])).toMatchObject({ monitoredBy: [a.self.pid] });
    }));

  it("K10 monitors are stackable: two monitors, two Downs", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      const refs = await b.do(["monitor", a.pid], ["monitor", a.pid], ["monitor", a.pid]);
      await b.do(["demonitor", refs[1] as Ref]);
      a.tell(["leave", "x"]);
      await a.end();
      expect(await b.all()).toEqual([refs[0], refs[2]].map((down) => ({ down, from: a.pid, reason: "x" })));
    }));

  it("K10 demonitor: no Down arrives afterwards, and it answers whether the monitor was there", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      const ref = await b.ask<Ref>(["monitor", a.pid]);
      expect(await b.do(["demonitor", ref], ["demonitor", ref], ["demonitor", "<nowhere#1>" as Ref])).toEqual([true, false, false]);
      a.tell(["leave", "x"]);
      await a.end();
      expect(await b.all()).toEqual([]);
    }));

  it("K10 demonitor with flush takes back a Down that has arrived, and only that one", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      await b.do(["close"]);
      const [kept, flushed] = (await b.do(["monitor", a.pid], ["monitor", a.pid])) as [Ref, Ref];
      a.tell(["leave", "x"]);
      await a.end();
      expect(await b.do(["demonitor", kept], ["demonitor", flushed, true])).toEqual([false, false]);
      expect(await b.do(["take", undefined, 0], ["take", undefined, 0])).toEqual([{ down: kept, from: a.pid, reason: "x" }, undefined]);
    }));

  it("K10 a Down that is under way while demonitor is called with flush leaves nothing behind", () =>
    venue.play(async (stage) => {
      const b = await stage.at("b");
      await b.do(["close"]);
      for (let round = 0; round < 20; round++) {
        const a = await stage.at("a");
        const ref = await b.ask<Ref>(["monitor", a.pid]);
        a.tell(["leave", "crossing"]);
        if (round % 2 === 0) await b.do(["demonitor", ref, true]);
        else b.tell(["demonitor", ref, true]);
        await a.end();
        expect(await b.ask(["take", undefined, 0])).toBeUndefined();
      }
    }));

  it("K10 monitoring oneself brings nothing", () =>
    venue.play(async (stage) => {
      const b = await stage.at("b");
      await b.do(["monitor", b.pid]);
      expect(await b.all()).toEqual([]);
      expect(await b.kill()).toBe("killed");
    }));

  it("K10 a process monitored from its start is told of however fast it ends", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      await b.do(["spawn", "child"]);
      const child = await stage.here("child");
      const ref = await a.ask(["monitor", child.pid]);
      child.tell(["leave", "early"]);
      expect(await a.got()).toEqual({ down: ref, from: child.pid, reason: "early" });
    }));

  it("K11 monitoring by name reports the name", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      await a.do(["register", "watched"]);
      const name = { name: "watched", node: node(a) };
      const ref = await b.ask(["monitor", name]);
      a.tell(["leave", "x"]);
      expect(await b.got()).toEqual({ down: ref, from: name, reason: "x" });
    }));

  it("K11 monitoring by a name of the same node reports the name, and goes with the process, not with the name", () =>
    venue.play(async (stage) => {
      for (const place of ["a", "b"] as const) {
        const [watcher, first, second] = [await stage.at(place), await stage.at(place), await stage.at(place)];
        await first.do(["register", "watched"]);
        const ref = await watcher.ask(["monitor", "watched"]);
        await first.do(["unregister", "watched"]);
        await second.do(["register", "watched"]);
        await second.kill();
        expect(await watcher.all()).toEqual([]);
        first.tell(["leave", "x"]);
        expect(await watcher.got()).toEqual({ down: ref, from: "watched", reason: "x" });
      }
    }));

  it("K11 monitoring a dead process answers at once with noproc", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      await a.kill();
      const ref = await b.ask(["monitor", a.pid]);
      expect(await b.got()).toEqual({ down: ref, from: a.pid, reason: "noproc" });
    }));

  it("K11 monitoring a name that nobody has answers at once with noproc and the name", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      for (const name of ["nobody", { name: "nobody", node: node(a) }, { name: "nobody", node: node(b) }]) {
        const ref = await b.ask(["monitor", name]);
        expect(await b.got()).toEqual({ down: ref, from: name, reason: "noproc" });
      }
    }));

  it("K11 monitoring something on a node that nobody knows answers at once with noconnection", () =>
    venue.play(async (stage) => {
      const b = await stage.at("b");
      for (const target of ["<nowhere.1>" as Pid, { name: "somebody", node: "nowhere" }]) {
        const ref = await b.ask(["monitor", target]);
        expect(await b.got()).toEqual({ down: ref, from: target, reason: "noconnection" });
      }
    }));

  it("K11 a monitor by name that was taken back leaves nothing with the process, though the name has gone to another", () =>
    venue.play(async (stage) => {
      const [first, second, b] = [await stage.at("a"), await stage.at("a"), await stage.at("b")];
      await first.do(["register", "moving"]);
      const ref = await b.ask<Ref>(["monitor", { name: "moving", node: node(first) }]);
      await first.do(["unregister", "moving"]);
      await second.do(["register", "moving"]);
      await b.do(["demonitor", ref]);
      await b.do(["send", first.pid, "after"]);
      expect(await first.got()).toBe("after");
      expect(await first.ask(["info", first.pid])).toMatchObject({ monitoredBy: [first.self.pid] });
    }));
});
