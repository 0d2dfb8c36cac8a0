import { describe, expect, it } from "vitest";
import { InvalidOption, NoProcess, Node, Scheduler } from "../../src/kernel/index.js";
import { expectAllHandled, scene } from "./scene.js";

expectAllHandled();

describe("bad input", () => {
  it(
    "what is no function is refused at once, by everything that starts a process",
    scene(async (self, { node }) => {
      for (const fn of [undefined, null, "text", {}, 7] as never[]) {
        expect(() => self.spawn(fn)).toThrow(InvalidOption);
        expect(() => self.spawnLink(fn)).toThrow(InvalidOption);
        expect(() => self.spawnMonitor(fn)).toThrow(InvalidOption);
        expect(() => node.spawn(fn)).toThrow(InvalidOption);
        expect(() => node.run(fn)).toThrow(InvalidOption);
      }
    }),
  );

  it(
    "receive wants a function and a time: options in the place of the match are refused",
    scene(async (self) => {
      expect(() => self.receive({ after: 5 } as never)).toThrow(/receive\(undefined, \{ after \}\)/);
      for (const after of [-1, Number.NaN, "5", null, {}] as never[]) expect(() => self.receive(undefined, { after })).toThrow(InvalidOption);
      expect(() => self.receive(undefined, { timeout: 5 } as never)).toThrow(/no such option; there are after/);
      expect(() => self.sleep(-1)).toThrow(InvalidOption);
      expect(() => self.sleep(Number.NaN)).toThrow(InvalidOption);
    }),
  );

  it(
    "send, exit, link and monitor want to know whom",
    scene(async (self) => {
      for (const to of [undefined, null, 7, {}, { name: "x" }, { node: "x" }, { name: 1, node: "x" }] as never[]) {
        expect(() => self.send(to, "x" as never)).toThrow(InvalidOption);
      }
      expect(() => self.send("", "x")).toThrow(NoProcess);
      for (const pid of [undefined, null, 7, {}, "", "name", "<", "<main>", "<main.x>", "<main#1>", "<main!name>"] as never[]) {
        expect(() => self.exit(pid, "x")).toThrow(InvalidOption);
        expect(() => self.link(pid)).toThrow(InvalidOption);
      }
      for (const target of [undefined, null, 7, {}, { name: "x" }, "<", "<main#1>", "<main!name>"] as never[]) {
        expect(() => self.monitor(target)).toThrow(InvalidOption);
      }
    }),
  );

  it(
    "a promise is no message, by whatever way it is sent, and harms nobody who would have received it",
    scene(async (self, { node }) => {
      const receiver = self.spawn(async (one) => {
        one.register("receiver");
        self.send(self.pid, await one.receive());
      });
      await self.sleep(0);
      const rejected = Promise.reject(new Error("never looked at"));
      rejected.catch(() => undefined);
      for (const promise of [rejected, Promise.resolve(1), { then: () => undefined }]) {
        for (const to of [receiver, "receiver", { name: "receiver", node: node.name }]) {
          expect(() => self.send(to, promise)).toThrow(/message is .*: await it first/);
          expect(() => self.sendAfter(to, promise, 5)).toThrow(/message is .*|could not be cloned/);
        }
      }
      self.send(receiver, "a value");
      expect(await self.receive()).toBe("a value");
    }),
  );

  it("a node wants a name that its pids can carry, and no option that it does not know", () => {
    for (const name of ["", "a b", "a.b", "a#b", "a!b", "<a", "a>", 7, null] as never[]) expect(() => new Node({ name })).toThrow(InvalidOption);
    expect(() => new Node({ nmae: "x" } as never)).toThrow(/node options\.nmae .*there are name, clock, scheduler, reporter/);
    expect(() => new Node(null as never)).toThrow(InvalidOption);
    for (const option of ["clock", "scheduler", "reporter"]) {
      for (const value of [{}, null, "x", 7]) expect(() => new Node({ [option]: value })).toThrow(new RegExp(`^${option} is `));
    }
    expect(new Node({ name: "ok/sub@host~1", scheduler: new Scheduler() }).name).toBe("ok/sub@host~1");
  });
});
