import { describe, expect, it } from "vitest";
import { registerErrorClass } from "../../src/kernel/error-classes.js";
import { type Check, checkCount, checkFinite, checkFlag, checkFunction, checkMilliseconds, checkText } from "../../src/kernel/options.js";
import { checkName, checkNodeName, checkPid, isPid } from "../../src/kernel/ids.js";
import { Node, Scheduler } from "../../src/kernel/index.js";
import { refuseGenerator } from "../../src/kernel/refuse-generator.js";
import { SlotTable, slots } from "../../src/kernel/slot-table.js";
import { scene } from "./scene.js";

/** What is thrown, in full. */
function said(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as Error).message;
  }
  return expect.unreachable("it was not refused");
}

describe("what is refused is called by its name, with what it was and what to give", () => {
  it(
    "by a process",
    scene((self, { node }) => {
      const no = undefined as never;
      const named = node.spawn(async (one) => {
        one.register("taken");
        await one.receive();
      });
      const all: [call: () => unknown, message: string][] = [
        [() => self.receive("x" as never), 'match is "x": give a function, or receive(undefined, { after })'],
        [() => self.receive(no, { after: -1 }), "after is -1: give a number of milliseconds, 0 or more, or Infinity"],
        [() => self.receive(no, { aftr: 1 } as never), "receive options.aftr is 1: no such option; there are after"],
        [() => self.receive(no, 5 as never), "receive options is 5: give an object"],
        [() => self.sleep(-1), "sleep is -1: give a number of milliseconds, 0 or more, or Infinity"],
        [() => self.spawn(no), "spawn(fn): fn is undefined: give a function"],
        [() => self.spawn(() => 1, { lable: "x" } as never), 'spawn options.lable is "x": no such option; there are label'],
        [() => self.link(no), "link(pid): pid is undefined: give a pid, such as self.pid; an alias is for messages alone"],
        [() => self.exit(no, "x"), "exit(pid, reason): pid is undefined: give a pid, such as self.pid; an alias is for messages alone"],
        [() => self.monitor("<x#1>" as never), 'monitor(target): target is "<x#1>": give a pid or a name; an alias is for messages alone'],
        [() => self.register(""), 'name is "": give a non-empty string that does not start with "<"'],
        [() => self.send(no, 1), "destination is undefined: give a pid, an alias, a registered name, or { name, node }"],
        [() => self.sendAfter(self.pid, 1, -1), "delay is -1: give a finite number of milliseconds, 0 or more"],
        [() => self.sendAfter(self.pid, 1, { at: -1 }), "delay.at is -1: give a finite number of milliseconds, 0 or more"],
        [() => self.sendAfter(self.pid, 1, no), "delay.at is undefined: give a finite number of milliseconds, 0 or more"],
      ];
      for (const [call, message] of all) expect(said(call)).toBe(message);
      self.register("one");
      expect(said(() => self.register("two"))).toBe(`name is "two": ${self.pid} is already registered as one`);
      self.exit(named, "kill");
    }),
  );

  it("by a node", () => {
    const node = new Node({ scheduler: new Scheduler(() => 0) });
    const no = undefined as never;
    const all: [call: () => unknown, message: string][] = [
      [() => node.spawn(no), "spawn(fn): fn is undefined: give a function"],
      [() => node.spawn(() => 1, { lable: "x" } as never), 'spawn options.lable is "x": no such option; there are label'],
      [() => node.run(no), "run(fn): fn is undefined: give a function"],
      [() => node.run(() => 1, { lable: "x" } as never), 'run options.lable is "x": no such option; there are label'],
      [() => new Node({ name: "a b" }), 'node name is "a b": give a non-empty string without spaces and without any of . # ! < >'],
    ];
    for (const [call, message] of all) expect(said(call)).toBe(message);
    expect(node.processCount).toBe(0);
  });

  it("by the checks of options", () => {
    const refused = (check: Check, value: unknown): string => said(() => check("it", value));
    expect(refused(checkFinite, Infinity)).toBe("it is Infinity: give a finite number of milliseconds, 0 or more");
    expect(refused(checkMilliseconds, NaN)).toBe("it is NaN: give a number of milliseconds, 0 or more, or Infinity");
    expect(refused(checkCount, 0)).toBe("it is 0: give a whole number, 1 or more, or Infinity");
    expect(said(() => checkCount("it", Infinity, { least: 2, infinity: false }))).toBe("it is Infinity: give a whole number, 2 or more");
    expect(refused(checkFlag, 1)).toBe("it is 1: give true or false");
    expect(refused(checkText, "")).toBe('it is "": give a string, and not an empty one');
    expect(refused(checkFunction, 1)).toBe("it is 1: give a function");
    expect(refused(checkName, "<a")).toBe('it is "<a": give a non-empty string that does not start with "<"');
    expect(said(() => checkNodeName(""))).toBe('node name is "": give a non-empty string without spaces and without any of . # ! < >');
    // What only looks like a pid when it is made a text of is none.
    expect([isPid("<a.1>"), isPid(["<a.1>"])]).toEqual([true, false]);
    expect(said(() => checkPid("pid", ["<a.1>"]))).toContain("give a pid, such as self.pid");
  });

  it("what is no class of errors, and a name that another class has", () => {
    class Refused extends Error {}
    class Other extends Error {}
    expect(said(() => registerErrorClass(Map as never))).toBe("Class is the function Map: give a class of errors");
    registerErrorClass(Refused, "test.Refused");
    registerErrorClass(Refused, "test.Refused");
    expect(said(() => registerErrorClass(Other, "test.Refused"))).toBe(
      'the name "test.Refused" is taken by another class: choose another or unregister it there first',
    );
  });

  it("generators, of both kinds, and nothing else", () => {
    function* plain(): Generator<number> {
      yield 1;
    }
    async function* later(): AsyncGenerator<number> {
      yield await Promise.resolve(1);
    }
    for (const generator of [plain(), later()])
      expect(said(() => refuseGenerator(generator, "work"))).toBe("work is a generator: use stream() of taskward/stream");
    for (const value of [undefined, null, 5, "Generator", {}, [1], new Map(), [1].values()]) refuseGenerator(value, "work");
  });

  it("more than a table holds", () => {
    const table = new SlotTable<number>();
    for (let n = 0; n < slots; n++) table.add(n);
    expect(said(() => table.add(0))).toBe(`more than ${slots} at a time`);
  });
});
