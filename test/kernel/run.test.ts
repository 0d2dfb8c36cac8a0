import { Exited, InvalidOption, Node, defaultNode, run } from "taskward";
import { VirtualTime } from "taskward/testing";
import { describe, expect, it } from "vitest";
import { quiet } from "./venues.js";

const node = (): Node => new Node({ name: "test", reporter: quiet });

describe("run", () => {
  it("resolves with what the function returns, at once or later", async () => {
    expect(await run(() => 1)).toBe(1);
    expect(await run(async () => "later")).toBe("later");
    expect(await run(() => undefined)).toBeUndefined();
  });

  it("rejects with the very error that was thrown", async () => {
    const error = new RangeError("the one");
    for (const fn of [() => Promise.reject(error), () => run(() => Promise.reject(error), { node: node() })]) {
      const caught: unknown = await run(fn, { node: node() }).catch((reason: unknown) => reason);
      expect(caught).toBe(error);
    }
  });

  it("rejects with Exited and the reason when it ended in any other way", async () => {
    const ends: [unknown, Promise<unknown>][] = [
      ["shutdown", run((self) => self.exit("shutdown"), { node: node() })],
      [{ why: 1 }, run((self) => self.exit({ why: 1 }), { node: node() })],
      [undefined, run(() => Promise.reject(), { node: node() })],
      ["text", run(() => Promise.reject("text"), { node: node() })],
      ["killed", run((self) => self.exit(self.pid, "kill"), { node: node() })],
    ];
    for (const [reason, ended] of ends) {
      const error: unknown = await ended.catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(Exited);
      expect(error).toMatchObject({ code: "exited", who: "<test.1>", reason });
    }
  });

  it("that exits with normal resolves with nothing", async () => {
    expect(await run((self) => self.exit("normal"))).toBeUndefined();
    expect(await run((self) => self.exit(self.pid, "normal") as unknown)).toBeUndefined();
  });

  it("runs on the default node, main, or on the one that it is given, with a label", async () => {
    expect(await run((self) => [self.node === defaultNode(), self.node.name])).toEqual([true, "main"]);
    const mine = node();
    expect(await run((self) => [self.node === mine, self.label, self.info(self.pid)?.label], { node: mine, label: "mine" })).toEqual([
      true,
      "mine",
      "mine",
    ]);
  });

  it("has nothing left behind, whatever its end", async () => {
    const time = new VirtualTime({ reporter: quiet });
    for (const fn of [() => 1, () => Promise.reject(new Error("x")), async () => 2]) {
      await time.until(time.node.run(fn).catch(() => undefined));
      expect([time.node.processCount, time.node.table.size]).toEqual([0, 0]);
    }
  });

  it("refuses what it does not know, before anything starts", async () => {
    const mine = node();
    expect(() => run(7 as never, { node: mine })).toThrow(InvalidOption);
    expect(() => run(() => 1, { node: mine, labl: "typo" } as never)).toThrow(/run options\.labl .*there are label, node/);
    expect(() => run(() => 1, null as never)).toThrow(InvalidOption);
    expect(() => run(() => 1, { node: {} as never })).toThrow(/node is/);
    expect(() => mine.spawn(() => 1, { lable: "typo" } as never)).toThrow(/spawn options\.lable/);
    await run((self) => expect(() => self.spawn(() => 1, { lable: "typo" } as never)).toThrow(/spawn options\.lable/), { node: mine });
    expect(mine.processCount).toBe(0);
  });

  it("takes a callback's Exited for what it is, when one run awaits another that was killed", async () => {
    const mine = node();
    const outer = run(
      async (self) =>
        run(
          async (inner) => {
            self.send(self.pid, inner.pid);
            await inner.receive();
          },
          { node: mine },
        ).catch((error: unknown) => error),
      { node: mine },
    );
    const killer = run(
      async (self) => {
        await self.sleep(1);
        for (const { pid, status } of mine.processes()) if (pid !== self.pid && status === "waiting") self.exit(pid, "kill");
      },
      { node: mine },
    );
    await killer;
    expect(await outer).toMatchObject({ code: "exited", reason: "killed" });
  });
});
