import type { Pid, Ref } from "taskward";
import { describe, expect, it } from "vitest";
import { venues } from "./venues.js";

describe.each(venues)("$name", (venue) => {
  it("K17 a reply to an alias arrives; one that comes after it was taken back never does", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      const alias = await b.ask<Ref>(["alias", false]);
      await a.do(["send", alias, "reply"], ["send", alias, "second reply"]);
      expect(await b.all()).toEqual(["reply", "second reply"]);
      expect(await b.do(["unalias", alias], ["unalias", alias])).toEqual([true, false]);
      await a.do(["send", alias, "late"]);
      expect(await b.all()).toEqual([]);
    }));

  it("K17 an alias for one reply ends with it", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      const alias = await b.ask<Ref>(["alias", true]);
      await a.do(["send", alias, "reply"], ["send", alias, "another"]);
      expect(await b.all()).toEqual(["reply"]);
      expect(await b.ask(["unalias", alias])).toBe(false);
    }));

  it("K17 a reply that is under way when the alias is taken back does not arrive after it", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      await b.do(["close"]);
      for (let round = 0; round < 20; round++) {
        const alias = await b.ask<Ref>(["alias", round % 2 === 0]);
        const sent = a.do(["send", alias, "crossing"]);
        // What had come by then is taken out with it.
        await b.do(["unalias", alias], ["take", "crossing", 0]);
        await sent;
        expect(await b.ask(["take", undefined, 0])).toBeUndefined();
      }
    }));

  it("K17 an alias ends with its process", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      const alias = await b.ask<Ref>(["alias", false]);
      await b.kill();
      await a.do(["send", alias, "nobody"]);
    }));

  it("K17 a timer may go to an alias", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      const [alias, dropped] = (await b.do(["alias", false], ["alias", false])) as [Ref, Ref];
      await b.do(["unalias", dropped]);
      await a.do(["sendAfter", dropped, "dropped", 1], ["sendAfter", alias, "kept", 2]);
      expect(await b.got()).toBe("kept");
    }));

  it("K17 an alias is for messages: it cannot be linked, monitored or told to exit", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      const alias = await b.ask<Pid & Ref>(["alias", false]);
      for (const step of [
        ["link", alias],
        ["monitor", alias],
        ["exit", alias, "x"],
      ] as const) {
        await expect(a.do(step)).rejects.toMatchObject({ code: "invalid_option", message: expect.stringContaining("alias") });
      }
      expect(await b.all()).toEqual([]);
    }));
});
