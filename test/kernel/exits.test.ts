import type { Pid } from "taskward";
import { describe, expect, it } from "vitest";
import { venues } from "./venues.js";

const reasons = ["crash", { shutdown: "for a reason" }, { any: ["value", 1] }, "shutdown", "noproc", "killed"];

describe.each(venues)("$name", (venue) => {
  it("K4 an abnormal exit takes linked processes along with the same reason, whoever made the link", () =>
    venue.play(async (stage) => {
      for (const reason of reasons) {
        const [a, b] = [await stage.at("a"), await stage.at("b")];
        await a.do(["link", b.pid]);
        a.tell(["leave", reason]);
        expect([await a.end(), await b.end()]).toEqual([reason, reason]);

        const [c, d] = [await stage.at("a"), await stage.at("b")];
        await c.do(["link", d.pid]);
        await d.do(["ping"]);
        d.tell(["leave", reason]);
        expect([await c.end(), await d.end()]).toEqual([reason, reason]);
      }
    }));

  it("K4 a crash goes along a chain of links, to and fro between the places", () =>
    venue.play(async (stage) => {
      const chain = [];
      for (const place of ["a", "b", "b", "a", "b"] as const) {
        const next = await stage.at(place);
        await chain.at(-1)?.do(["link", next.pid]);
        chain.push(next);
      }
      chain[2]?.tell(["leave", "all of you"]);
      for (const one of chain) expect(await one.end()).toBe("all of you");
    }));

  it("K4 an error that was thrown arrives with its name, message and own properties", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      await a.do(["link", b.pid]);
      a.tell(["throw", "CustomError", "what happened", { code: "E_CUSTOM", details: [1, 2] }]);
      const error = { error: "CustomError", message: "what happened", own: { name: "CustomError", code: "E_CUSTOM", details: [1, 2] } };
      const ends = [await a.end(), await b.end()] as unknown as { own: object }[];
      for (const end of ends) expect({ ...end, own: { name: "CustomError", ...end.own } }).toEqual(error);
    }));

  it("K4 an exit with normal takes nobody along", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      await a.do(["link", b.pid]);
      a.tell(["leave", "normal"]);
      expect(await a.end()).toBe("normal");
      expect(await b.all()).toEqual([]);
      expect(await b.ask(["info", b.pid])).toMatchObject({ links: [] });
    }));

  it("K4 linking twice is one link, and linking to oneself is none", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      await b.do(["trap", true]);
      await a.do(["link", b.pid], ["link", b.pid], ["link", a.pid]);
      await b.do(["link", a.pid]);
      a.tell(["leave", "once"]);
      expect(await a.end()).toBe("once");
      expect(await b.all()).toEqual([{ exit: a.pid, reason: "once" }]);
    }));

  it("K4 a process linked from its start dies with its parent, and its parent with it", () =>
    venue.play(async (stage) => {
      const a = await stage.at("a");
      await a.do(["spawnLink", "child"]);
      const child = await stage.here("child");
      child.tell(["leave", "with me"]);
      expect([await child.end(), await a.end()]).toEqual(["with me", "with me"]);
    }));

  it("K5 a process that traps exits gets messages instead, for normal exits too", () =>
    venue.play(async (stage) => {
      const b = await stage.at("b");
      await b.do(["trap", true]);
      for (const reason of ["normal", "kill", ...reasons]) {
        const a = await stage.at("a");
        await a.do(["link", b.pid]);
        a.tell(["leave", reason]);
        await a.end();
        expect(await b.all()).toEqual([{ exit: a.pid, reason }]);
      }
    }));

  it("K5 an exit signal from somebody who is not linked is trapped, too", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      await b.do(["trap", true]);
      await a.do(["exit", b.pid, "please"]);
      expect(await b.all()).toEqual([{ exit: a.pid, reason: "please" }]);
      await b.do(["trap", false]);
      await a.do(["exit", b.pid, "now"]);
      expect(await b.end()).toBe("now");
    }));

  it("K6 kill cannot be trapped; links see killed", () =>
    venue.play(async (stage) => {
      const [a, b, trapping, other] = [await stage.at("a"), await stage.at("b"), await stage.at("a"), await stage.at("a")];
      await trapping.do(["trap", true], ["link", b.pid]);
      await other.do(["link", b.pid]);
      await b.do(["trap", true]);
      await a.do(["exit", b.pid, "kill"]);
      expect(await b.end()).toBe("killed");
      expect(await other.end()).toBe("killed");
      expect(await trapping.all()).toEqual([{ exit: b.pid, reason: "killed" }]);
    }));

  it("K6 a process that itself exits with kill takes linked ones along with that reason, and it can be trapped", () =>
    venue.play(async (stage) => {
      const [a, b, trapping] = [await stage.at("a"), await stage.at("b"), await stage.at("b")];
      await trapping.do(["trap", true], ["link", a.pid]);
      await b.do(["link", a.pid]);
      a.tell(["leave", "kill"]);
      expect([await a.end(), await b.end()]).toEqual(["kill", "kill"]);
      expect(await trapping.all()).toEqual([{ exit: a.pid, reason: "kill" }]);
    }));

  it("K7 an exit signal with normal does nothing to another process, unless it traps exits", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      await a.do(["exit", b.pid, "normal"]);
      expect(await b.all()).toEqual([]);
      await b.do(["link", a.pid]);
      await a.do(["exit", b.pid, "normal"]);
      expect(await b.all()).toEqual([]);
      await b.do(["trap", true]);
      await a.do(["exit", b.pid, "normal"]);
      expect(await b.all()).toEqual([{ exit: a.pid, reason: "normal" }]);
    }));

  it("K7 an exit signal with normal to itself exits, unless it traps exits", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      a.tell(["exit", a.pid, "normal"]);
      expect(await a.end()).toBe("normal");
      await b.do(["trap", true], ["exit", b.pid, "normal"]);
      expect(await b.all()).toEqual([{ exit: b.pid, reason: "normal" }]);
      b.tell(["exit", b.pid, "kill"]);
      expect(await b.end()).toBe("killed");
    }));

  it("K8 linking to a dead process: an exit signal noproc comes back", () =>
    venue.play(async (stage) => {
      const [a, b, trapping] = [await stage.at("a"), await stage.at("b"), await stage.at("a")];
      await b.kill();
      a.tell(["link", b.pid]);
      expect(await a.end()).toBe("noproc");
      await trapping.do(["trap", true], ["link", b.pid]);
      expect(await trapping.got()).toEqual({ exit: b.pid, reason: "noproc" });
      expect(await trapping.ask(["info", trapping.pid])).toMatchObject({ links: [] });
    }));

  it("K8 linking to a process of an unknown node: noconnection comes back", () =>
    venue.play(async (stage) => {
      const b = await stage.at("b");
      await b.do(["trap", true], ["link", "<nowhere.1>" as Pid]);
      expect(await b.got()).toEqual({ exit: "<nowhere.1>", reason: "noconnection" });
    }));

  it("K9 after unlink, from either side, no exit comes by that link", () =>
    venue.play(async (stage) => {
      const b = await stage.at("b");
      await b.do(["trap", true]);
      for (const side of ["a", "b"] as const) {
        const a = await stage.at("a");
        await a.do(["link", b.pid]);
        await (side === "a" ? a.do(["unlink", b.pid]) : b.do(["unlink", a.pid]));
        a.tell(["leave", "unheard"]);
        await a.end();
        expect(await b.all()).toEqual([]);
      }
    }));

  it("K9 an exit that is under way while unlink is called does not arrive after it", () =>
    venue.play(async (stage) => {
      const b = await stage.at("b");
      await b.do(["close"], ["trap", true]);
      for (let round = 0; round < 20; round++) {
        const a = await stage.at("a");
        await b.do(["link", a.pid]);
        const order = round % 2 === 0;
        if (order) a.tell(["leave", "crossing"]);
        // What the mailbox holds at that moment came before.
        const unlinked = b.do(["unlink", a.pid], ["take", undefined, 0]);
        if (!order) a.tell(["leave", "crossing"]);
        await a.end();
        await unlinked;
        expect(await b.ask(["take", undefined, 0])).toBeUndefined();
      }
    }));

  it("K9 a link that was made anew after unlink holds", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      await a.do(["link", b.pid], ["unlink", b.pid], ["link", b.pid]);
      a.tell(["leave", "again"]);
      expect(await b.end()).toBe("again");
    }));

  it("K12 everybody is told before the dead process' code goes on, and what that still does is discarded", () =>
    venue.play(async (stage) => {
      const [a, b, c] = [await stage.at("a"), await stage.at("b"), await stage.at("a")];
      await a.do(["finally", b.pid, "too late"], ["finally", c.pid, "too late"]);
      for (const one of [b, c]) await one.do(["trap", true], ["link", a.pid], ["monitor", a.pid], ["monitor", a.pid]);
      expect(await a.kill()).toBe("killed");
      for (const one of [b, c]) {
        const told = await one.all();
        expect(told.filter((what) => typeof what === "object" && what !== null && "exit" in what)).toEqual([{ exit: a.pid, reason: "killed" }]);
        expect(told.filter((what) => typeof what === "object" && what !== null && "down" in what)).toHaveLength(2);
        expect(told).toHaveLength(3);
      }
    }));

  it("K12 a crash is told even when nobody waits in receive", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      await b.do(["close"], ["trap", true], ["link", a.pid]);
      a.tell(["leave", "unnoticed"]);
      await a.end();
      expect(await b.ask(["take", undefined])).toEqual({ exit: a.pid, reason: "unnoticed" });
    }));
});
