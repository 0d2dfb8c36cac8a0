import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Entry, Mailbox } from "../../src/kernel/mailbox.js";

/** The mailbox as a plain array says it should be. */
interface Model {
  entries: { message: number; entry: Entry }[];
}

const agree = (model: Model, mailbox: Mailbox): void => {
  expect(mailbox.length).toBe(model.entries.length);
  const seen: unknown[] = [];
  mailbox.find((message) => {
    seen.push(message);
    return false;
  });
  expect(seen).toEqual(model.entries.map(({ message }) => message));
};

const gone: Entry[] = [];

class Push implements fc.Command<Model, Mailbox> {
  constructor(readonly message: number) {}
  check = (): boolean => true;
  run(model: Model, mailbox: Mailbox): void {
    model.entries.push({ message: this.message, entry: mailbox.push(this.message) });
    agree(model, mailbox);
  }
  toString = (): string => `push(${this.message})`;
}

class Take implements fc.Command<Model, Mailbox> {
  constructor(readonly wanted: number | undefined) {}
  check = (): boolean => true;
  run(model: Model, mailbox: Mailbox): void {
    const at = model.entries.findIndex(({ message }) => this.wanted === undefined || message === this.wanted);
    const found = mailbox.find(this.wanted === undefined ? undefined : (message) => message === this.wanted);
    expect(found).toBe(model.entries[at]?.entry ?? null);
    if (found === null) return;
    expect(mailbox.remove(found)).toBe(true);
    gone.push(found);
    model.entries.splice(at, 1);
    agree(model, mailbox);
  }
  toString = (): string => `take(${this.wanted ?? "any"})`;
}

class Remove implements fc.Command<Model, Mailbox> {
  constructor(readonly at: number) {}
  check = ({ entries }: Model): boolean => entries.length > 0;
  run(model: Model, mailbox: Mailbox): void {
    const [removed] = model.entries.splice(this.at % model.entries.length, 1);
    if (removed === undefined) return;
    expect([mailbox.remove(removed.entry), mailbox.remove(removed.entry)]).toEqual([true, false]);
    gone.push(removed.entry);
    agree(model, mailbox);
  }
  toString = (): string => `remove(${this.at})`;
}

class RemoveAll implements fc.Command<Model, Mailbox> {
  constructor(readonly divisor: number) {}
  check = (): boolean => true;
  run(model: Model, mailbox: Mailbox): void {
    const kept = model.entries.filter(({ message }) => message % this.divisor !== 0);
    expect(mailbox.removeAll((message) => (message as number) % this.divisor === 0)).toBe(model.entries.length - kept.length);
    model.entries = kept;
    agree(model, mailbox);
  }
  toString = (): string => `removeAll(divisible by ${this.divisor})`;
}

class Clear implements fc.Command<Model, Mailbox> {
  check = (): boolean => true;
  run(model: Model, mailbox: Mailbox): void {
    mailbox.clear();
    for (const { entry } of model.entries) expect(mailbox.remove(entry)).toBe(false);
    model.entries = [];
    agree(model, mailbox);
  }
  toString = (): string => "clear";
}

const message = fc.nat(9);
const commands = fc.commands(
  [
    message.map((one) => new Push(one)),
    message.map((one) => new Push(one)),
    fc.option(message, { nil: undefined }).map((one) => new Take(one)),
    fc.nat(20).map((at) => new Remove(at)),
    fc.integer({ min: 1, max: 4 }).map((divisor) => new RemoveAll(divisor)),
    fc.constant(new Clear()),
  ],
  { maxCommands: 60 },
);

describe("Mailbox", () => {
  it("does what an array would do", () => {
    fc.assert(
      fc.property(commands, (all) => {
        gone.length = 0;
        const mailbox = new Mailbox();
        fc.modelRun(() => ({ model: { entries: [] }, real: mailbox }), all);
        // What was taken out stays out, whatever happens to the rest.
        for (const entry of gone) expect(mailbox.remove(entry)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it("K2 a match that takes messages out, or puts some in, while it is asked, finds its way", () => {
    const mailbox = new Mailbox();
    const entries = [1, 2, 3, 4].map((one) => mailbox.push(one));
    const seen: unknown[] = [];
    mailbox.find((one) => {
      seen.push(one);
      if (one === 2) mailbox.push(5);
      if (one === 1) mailbox.remove(entries[2] as Entry);
      return false;
    });
    expect(seen).toEqual([1, 2, 4, 5]);
  });

  it("removeAll whose match throws has taken out what it said before", () => {
    const mailbox = new Mailbox();
    for (const one of [1, 2, 3]) mailbox.push(one);
    expect(() =>
      mailbox.removeAll((one) => {
        if (one === 2) throw new Error("bad match");
        return true;
      }),
    ).toThrow("bad match");
    expect(mailbox.length).toBe(2);
  });
});
