import type { Pid } from "taskward";
import { describe, expect, it } from "vitest";
import { venues } from "./venues.js";

describe.each(venues)("$name", (venue) => {
  it("K1 messages arrive in the order sent", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      const numbers = Array.from({ length: 500 }, (_, n) => n);
      await a.do(...numbers.map((n) => ["send", b.pid, n] as const));
      await a.do(["send", b.pid, "last"]);
      expect(await b.all()).toEqual([...numbers, "last"]);
    }));

  it("K1 a message, the exit signal that follows it, and the next message arrive in that order", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      await b.do(["trap", true]);
      await a.do(["send", b.pid, "before"], ["exit", b.pid, "reason"], ["send", b.pid, "after"]);
      expect(await b.all()).toEqual(["before", { exit: a.pid, reason: "reason" }, "after"]);
    }));

  it("K1 a message and the end of its sender arrive in that order, by link and by monitor", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      const [, , ref] = await b.do(["trap", true], ["link", a.pid], ["monitor", a.pid]);
      a.tell(["send", b.pid, "last words"], ["leave", "gone"]);
      await a.end();
      const [words, ...ends] = await b.all();
      expect(words).toBe("last words");
      expect(ends).toHaveLength(2);
      expect(ends).toContainEqual({ exit: a.pid, reason: "gone" });
      expect(ends).toContainEqual({ down: ref, from: a.pid, reason: "gone" });
    }));

  it("K2 receive takes the first message that matches and leaves the others in order", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      await b.do(["close"]);
      await a.do(...[1, 2, 3, 4, 3].map((n) => ["send", b.pid, n] as const));
      expect(await b.ask(["take", 3])).toBe(3);
      expect(await b.do(...[1, 2, 3, 4].map(() => ["take", undefined] as const))).toEqual([1, 2, 4, 3]);
    }));

  it("K2 a receive that waits takes the message that matches when it comes, and no other", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      await b.do(["close"]);
      const taken = b.do(["take", "the one"]);
      await a.do(["send", b.pid, "other"], ["send", b.pid, "the one"], ["send", b.pid, "another"]);
      expect(await taken).toEqual(["the one"]);
      await b.do(["open"]);
      expect(await b.all()).toEqual(["other", "another"]);
    }));

  it("K2 after: 0 only looks, and a longer one waits no longer than that", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      await b.do(["close"]);
      await a.do(["send", b.pid, "there"]);
      expect(await b.do(["take", "not there", 0], ["take", "not there", 5], ["take", "there", 0], ["take", "there", 0])).toEqual([
        undefined,
        undefined,
        "there",
        undefined,
      ]);
    }));

  it("K3 sending to a pid that is dead, that never was, or whose node nobody knows is silent", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      await b.kill();
      const node = b.pid.slice(1, b.pid.lastIndexOf("."));
      await a.do(["send", b.pid, 1], ["send", `<${node}.999999>` as Pid, 1], ["send", "<nowhere.1>" as Pid, 1], ["send", "<" as Pid, 1]);
    }));

  it("K3 sending to a name that is not registered throws noproc; to one on a named node it is silent", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      await expect(a.do(["send", "nobody", 1])).rejects.toMatchObject({
        name: "NoProcess",
        code: "noproc",
        message: expect.stringMatching(/"nobody".*whereis/),
      });
      for (const one of [a, b]) {
        const node = one.pid.slice(1, one.pid.lastIndexOf("."));
        await a.do(["send", { name: "nobody", node }, 1]);
      }
      await a.do(["send", { name: "nobody", node: "nowhere" }, 1]);
    }));

  it("K3 a message to { name, node } reaches whoever has the name there", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      await b.do(["register", "known"]);
      const node = b.pid.slice(1, b.pid.lastIndexOf("."));
      await a.do(["send", { name: "known", node }, "hello"]);
      expect(await b.all()).toEqual(["hello"]);
    }));
});
