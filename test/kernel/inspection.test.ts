import type { ProcessInfo } from "taskward";
import { describe, expect, it } from "vitest";
import { venues } from "./venues.js";

describe.each(venues)("$name", (venue) => {
  it("K16 a process tells what it holds: mailbox, links, monitors, label, name, trapping", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      await b.do(["link", a.pid], ["monitor", a.pid], ["trap", true], ["label", "the observed"], ["register", "observed"], ["close"]);
      await a.do(["monitor", b.pid], ["send", b.pid, 1], ["send", b.pid, 2]);
      expect(await b.ask(["info", b.pid])).toMatchObject({
        pid: b.pid,
        status: "running",
        label: "the observed",
        name: "observed",
        mailboxLength: 2,
        links: [a.pid],
        monitors: [a.pid],
        monitoredBy: [b.self.pid, a.pid],
        trapExit: true,
        callers: [],
        runs: expect.any(String),
        since: expect.any(Number),
      });
      expect(await a.ask(["info", a.pid])).toMatchObject({ links: [b.pid], monitoredBy: [a.self.pid, b.pid], mailboxLength: 0 });
    }));

  it("K16 what a process no longer holds is no longer told", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("a"), await stage.at("b")];
      const [, ref] = await b.do(["link", a.pid], ["monitor", a.pid], ["trap", true], ["register", "observed"]);
      await b.do(["unlink", a.pid], ["demonitor", ref as never], ["trap", false], ["unregister", "observed"]);
      expect(await b.ask(["info", b.pid])).toMatchObject({ links: [], monitors: [], trapExit: false, name: undefined });
      await a.do(["ping"]);
      expect(await a.ask(["info", a.pid])).toMatchObject({ links: [], monitoredBy: [a.self.pid] });
    }));

  it("K16 another process of the node can be asked for: whether it waits, who started it, and since when", () =>
    venue.play(async (stage) => {
      const b = await stage.at("b");
      const before = await b.ask<number>(["now"]);
      await b.do(["spawn", "child"]);
      const child = await stage.here("child");
      await child.do(["ping"]);
      const info = await b.ask<ProcessInfo>(["info", child.pid]);
      expect(info).toMatchObject({ pid: child.pid, status: "waiting", parent: b.pid, label: undefined });
      // Processes tell their beginning to the millisecond.
      expect(info.since).toBeGreaterThanOrEqual(Math.floor(before) - 1);
      expect(info.since).toBeLessThanOrEqual((await b.ask<number>(["now"])) + 1);
    }));

  it("K16 of a process that has ended nothing is told", () =>
    venue.play(async (stage) => {
      const [a, b] = [await stage.at("b"), await stage.at("b")];
      await a.kill();
      expect(await b.ask(["info", a.pid])).toBeUndefined();
    }));
});
