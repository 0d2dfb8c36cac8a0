import { describe, expect, it } from "vitest";
import { venues } from "./venues.js";

/** What is said of times holds to the millisecond where time is virtual; elsewhere only what cannot be otherwise is expected. */
describe.each(venues)("$name", (venue) => {
  it("K13 a message that was put off arrives after its delay", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      const before = await b.ask<number>(["now"]);
      await a.do(["sendAfter", b.pid, "later", 30]);
      expect(await b.got()).toBe("later");
      const passed = (await b.ask<number>(["now"])) - before;
      if (venue.virtual) expect(passed).toBe(30);
      else expect(passed).toBeGreaterThan(25);
    }));

  it("K13 timers fire in the order of their times, those of the same time in the order in which they were set", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      await a.do(["sendAfter", b.pid, "third", 40], ["sendAfter", b.pid, "first", 5], ["sendAfter", b.pid, "second", 5]);
      expect([await b.got(), await b.got(), await b.got()]).toEqual(["first", "second", "third"]);
    }));

  it("K13 cancel tells the time left, and false when it has fired or was cancelled", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      await a.do(["close"]);
      const [, , left, again] = await a.do(["sendAfter", b.pid, "never", 60_000], ["take", "nothing", 10], ["cancel"], ["cancel"]);
      if (venue.virtual) expect(left).toBe(59_990);
      else {
        expect(left).toBeLessThan(59_995);
        expect(left).toBeGreaterThan(0);
      }
      expect(again).toBe(false);

      await a.do(["sendAfter", b.pid, "soon", 1]);
      expect(await b.got()).toBe("soon");
      expect(await a.ask(["cancel"])).toBe(false);
      expect(await b.all()).toEqual([]);
    }));

  it("K13 absolute times work, those in the past at once", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      const now = await a.ask<number>(["now"]);
      await a.do(["sendAfter", b.pid, "in time", { at: now + 20 }], ["sendAfter", b.pid, "overdue", { at: 0 }]);
      expect([await b.got(), await b.got()]).toEqual(["overdue", "in time"]);
      if (venue.virtual) expect(await b.ask(["now"])).toBe(now + 20);
    }));

  it("K13 delays beyond 2^31 ms work", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      const long = 2 ** 31 + 5_000;
      await a.do(["sendAfter", b.pid, "at last", long]);
      if (venue.virtual) {
        expect(await b.got()).toBe("at last");
        expect(await b.ask(["now"])).toBe(long);
      } else {
        // A timer of the host that is too long fires at once.
        await a.do(["close"], ["take", "nothing", 20]);
        expect(await b.all()).toEqual([]);
        const left = await a.ask(["cancel"]);
        expect(left).toBeGreaterThan(2 ** 31);
        expect(left).toBeLessThanOrEqual(long);
      }
    }));

  it("K13 a name is looked up when the time has come; where nobody has it by then, nothing happens", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("a")];
      await a.do(["sendAfter", "taken later", "here you are", 20]);
      await b.do(["register", "taken later"]);
      expect(await b.got()).toBe("here you are");
      await a.do(["sendAfter", "nobody", "lost", 1], ["sendAfter", "taken later", "after it", 2]);
      expect(await b.got()).toBe("after it");
    }));

  it("K13 a timer outlives the process that set it", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      await a.do(["sendAfter", b.pid, "from the grave", 10]);
      await a.kill();
      expect(await b.got()).toBe("from the grave");
    }));

  it("K13 a timer for a process of the same node goes when that one goes, and is not set for one that has gone", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("a")];
      await a.do(["sendAfter", b.pid, "x", 3_600_000]);
      await b.kill();
      expect(await a.do(["cancel"], ["sendAfter", b.pid, "x", 3_600_000], ["cancel"])).toEqual([false, undefined, false]);
    }));

  it("K13 what cannot be a delay, a destination or a message there is refused when the timer is set", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      for (const delay of [-1, Number.NaN, Number.POSITIVE_INFINITY, { at: -1 }, "5", null, {}]) {
        await expect(a.do(["sendAfter", b.pid, "x", delay as number])).rejects.toMatchObject({ code: "invalid_option" });
      }
      for (const to of [undefined, null, 7, {}, { name: "x" }]) {
        await expect(a.do(["sendAfter", to as never, "x", 1])).rejects.toMatchObject({ code: "invalid_option" });
      }
      expect(await b.all()).toEqual([]);
    }));
});
