import { describe, expect, it } from "vitest";
import { venues } from "./venues.js";

describe.each(venues)("$name", (venue) => {
  it("K14 a name is unique on its node", () =>
    venue.play(async (stage) => {
      for (const place of ["a", "b"] as const) {
        const [one, two] = [await stage.at(place), await stage.at(place)];
        await one.do(["register", "mine"]);
        await expect(two.do(["register", "mine"])).rejects.toMatchObject({
          name: "NameTaken",
          code: "name_taken",
          message: expect.stringContaining(`"mine" is taken by ${one.pid}`),
        });
        expect(await two.ask(["whereis", "mine"])).toBe(one.pid);
        await one.kill();
      }
    }));

  it("K14 nodes do not share their names", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      if (a.pid.split(".")[0] === b.pid.split(".")[0]) return;
      await a.do(["register", "same"]);
      await b.do(["register", "same"]);
      expect([await a.ask(["whereis", "same"]), await b.ask(["whereis", "same"])]).toEqual([a.pid, b.pid]);
    }));

  it("K14 a name is freed on exit, whatever the exit, before anybody is told of it", () =>
    venue.play(async (stage) => {
      const watcher = await stage.at("a");
      await watcher.do(["close"]);
      for (const reason of ["normal", "crash", "kill"]) {
        const one = await stage.at("a");
        await one.do(["register", "freed"]);
        await watcher.do(["monitor", one.pid]);
        if (reason === "kill") await one.kill();
        else one.tell(["leave", reason]);
        expect(await watcher.do(["take", undefined], ["whereis", "freed"], ["register", "freed"], ["unregister", "freed"])).toEqual([
          expect.objectContaining({ from: one.pid }),
          undefined,
          undefined,
          true,
        ]);
      }
    }));

  it("K14 unregister frees a name, and anybody may; a name that nobody has is an error", () =>
    venue.play(async (stage) => {
      const [one, two] = [await stage.at("a"), await stage.at("a")];
      await one.do(["register", "passed on"]);
      expect(await two.do(["unregister", "passed on"], ["register", "passed on"], ["whereis", "passed on"])).toEqual([true, undefined, two.pid]);
      await two.do(["unregister", "passed on"]);
      await expect(one.do(["unregister", "passed on"])).rejects.toMatchObject({ code: "noproc" });
      // The old name does not stand in the way of a new one, and does not come back.
      await one.do(["register", "new"]);
      expect(await one.ask(["info", one.pid])).toMatchObject({ name: "new" });
      expect(await two.ask(["info", two.pid])).toMatchObject({ name: undefined });
    }));

  it("K14 a process has one name; registering it again is nothing new", () =>
    venue.play(async (stage) => {
      const one = await stage.at("b");
      await one.do(["register", "only"], ["register", "only"]);
      await expect(one.do(["register", "second"])).rejects.toMatchObject({ code: "invalid_option", message: expect.stringContaining("only") });
      expect(await one.ask(["whereis", "second"])).toBeUndefined();
    }));

  it("K14 what can be no name is refused", () =>
    venue.play(async (stage) => {
      const one = await stage.at("b");
      for (const name of ["", "<main.1>", 7, undefined, null, {}]) {
        await expect(one.do(["register", name as string])).rejects.toMatchObject({ code: "invalid_option" });
      }
    }));

  it("K14 a name like those of every object's own is a name", () =>
    venue.play(async (stage) => {
      const one = await stage.at("b");
      for (const name of ["__proto__", "constructor", "toString", "a!b", "a b"]) {
        expect(await one.do(["whereis", name], ["register", name], ["whereis", name], ["unregister", name], ["whereis", name])).toEqual([
          undefined,
          undefined,
          one.pid,
          true,
          undefined,
        ]);
      }
    }));
});
