import { describe, expect, it } from "vitest";
import { TaskwardError } from "../../src/kernel/errors.js";
import { Outbox } from "../../src/kernel/outbox.js";
import { type Batch, type FunctionRef, Op, type Wire } from "../../src/kernel/wire.js";
import { settled } from "../../src/testing/virtual-time.js";

type Poison = (part: unknown) => boolean;

/** An outbox on a wire that refuses every batch with poison in it, or one that is too long. */
function setUp({ isPoison = () => false, longest = Infinity, concerns = true }: { isPoison?: Poison; longest?: number; concerns?: boolean } = {}) {
  const posted: [Batch, (readonly object[])?][] = [];
  const refused: (readonly unknown[])[] = [];
  let turns = 0;
  const wire: Wire = {
    post(batch, list) {
      if (batch.some(isPoison) || batch.length > longest) throw new Error("refused by the wire");
      posted.push(list === undefined ? [batch] : [batch, list]);
    },
    receive: () => undefined,
    lost: () => undefined,
    close: () => undefined,
  };
  const outbox: Outbox = new Outbox(
    "far",
    wire,
    () => {
      turns++;
      outbox.post();
    },
    (signal) => {
      refused.push(signal);
      return concerns;
    },
  );
  return { outbox, wire, posted, refused, turns: () => turns };
}

const fn: FunctionRef = { module: "test:", name: "fn" };
const introduced = (key: number): unknown => ({ module: "test:", name: "fn", key });
const poison = { poison: true };
const isPoison: Poison = (part) => part === poison || (part as { poison?: unknown } | undefined)?.poison === true;

describe("what gathers", () => {
  it("leaves as one batch when the turn is over, for which is asked once a turn", async () => {
    const { outbox, posted, turns } = setUp();
    outbox.push(Op.message, "<far.1>", 1);
    outbox.done(7, "value", 12);
    outbox.push(Op.message, "<far.1>", 2);
    expect(posted).toEqual([]);
    await settled();
    expect(posted).toEqual([[[Op.message, "<far.1>", 1, Op.done, 7, "value", 12, Op.message, "<far.1>", 2]]]);
    expect(turns()).toBe(1);
    outbox.postSoon();
    await settled();
    expect([posted.length, turns()]).toEqual([1, 2]);
  });

  it("leaves when the wire says that the turn is over, where it can", async () => {
    const { outbox, wire, posted } = setUp();
    const callbacks: (() => void)[] = [];
    wire.afterTurn = (callback) => void callbacks.push(callback);
    outbox.push(Op.message, "<far.1>", 1);
    outbox.push(Op.message, "<far.1>", 2);
    await settled();
    expect([posted.length, callbacks.length]).toEqual([0, 1]);
    callbacks[0]?.();
    expect(posted).toHaveLength(1);
    outbox.push(Op.message, "<far.1>", 3);
    expect(callbacks).toHaveLength(2);
  });

  it("is all gone when nothing has gathered", () => {
    const { outbox, posted } = setUp();
    expect([outbox.post(), outbox.hasPosted, posted]).toEqual([true, false, []]);
    outbox.push(Op.message, "<far.1>", 1);
    expect([outbox.hasPosted, outbox.post(), outbox.hasPosted]).toEqual([false, true, true]);
  });

  it("goes before what is moved, which goes alone and with its list", () => {
    const { outbox, posted } = setUp();
    const list = [new ArrayBuffer(1)];
    outbox.push(Op.message, "<far.1>", 1);
    outbox.move([Op.message, "<far.1>", list[0]], list);
    expect(posted).toEqual([[[Op.message, "<far.1>", 1]], [[Op.message, "<far.1>", list[0]], list]]);
  });

  it("is nothing any more once it is closed, whatever comes", async () => {
    const { outbox, posted } = setUp();
    outbox.push(Op.message, "<far.1>", "before");
    outbox.close();
    outbox.push(Op.message, "<far.1>", "after");
    outbox.done(1, "value", 1);
    outbox.move([Op.message, "<far.1>", "moved"], [new ArrayBuffer(1)]);
    expect(outbox.post()).toBe(true);
    await settled();
    expect(posted).toEqual([]);
  });
});

describe("a batch that the wire refuses", () => {
  it("goes signal by signal, and that is all of it where each can go", () => {
    const { outbox, posted } = setUp({ longest: 3 });
    outbox.push(Op.message, "<far.1>", 1);
    outbox.push(Op.message, "<far.1>", 2);
    expect(outbox.post()).toBe(true);
    expect(posted).toEqual([[[Op.message, "<far.1>", 1]], [[Op.message, "<far.1>", 2]]]);
  });

  it("a function that was introduced by what did not go is introduced by the next; other signals are what they were", () => {
    const { outbox, posted, refused } = setUp({ isPoison });
    outbox.spawn(0, fn, [poison], undefined);
    outbox.push(Op.message, "<far.1>", 1);
    outbox.spawn(1, fn, ["fine"], undefined);
    outbox.push(Op.message, "<far.1>", { key: 1 });
    expect(outbox.post()).toBe(false);
    expect(refused).toEqual([[Op.spawn, 0, introduced(1), undefined, 1, poison]]);
    expect(posted.map(([batch]) => batch)).toEqual([
      [Op.message, "<far.1>", 1],
      [Op.spawn, 1, introduced(1), undefined, 1, "fine"],
      [Op.message, "<far.1>", { key: 1 }],
    ]);
    // Which function had which number is not known for sure any more: it is introduced anew, once.
    outbox.spawn(2, fn, [], undefined);
    outbox.spawn(3, fn, [], undefined);
    outbox.post();
    const [last] = posted.at(-1) as [Batch];
    expect(last).toEqual([Op.spawn, 2, introduced(2), undefined, 0, Op.spawn, 3, 2, undefined, 0]);
  });

  it("a message that did not go, whatever it looks like, introduces nothing", () => {
    const { outbox, posted, refused } = setUp({ isPoison });
    outbox.spawn(0, fn, [], undefined);
    outbox.post();
    const message = { key: 1, poison: true };
    outbox.push(Op.message, "<far.1>", message);
    outbox.spawn(1, fn, ["fine"], undefined);
    outbox.push(Op.message, "<far.1>", undefined);
    expect(outbox.post()).toBe(false);
    expect(refused).toEqual([[Op.message, "<far.1>", message]]);
    expect(posted.slice(1).map(([batch]) => batch)).toEqual([
      [Op.spawn, 1, 1, undefined, 1, "fine"],
      [Op.message, "<far.1>", undefined],
    ]);
  });

  it("that concerned nobody is an error, which says whom it was for and why, after all others have gone", () => {
    const { outbox, posted } = setUp({ isPoison, concerns: false });
    for (const message of [poison, "one", undefined, poison, "two"]) outbox.push(Op.message, "<far.1>", message);
    let error: unknown;
    try {
      outbox.post();
    } catch (one) {
      error = one;
    }
    expect(error).toBeInstanceOf(TaskwardError);
    expect(error).toMatchObject({
      code: "not_cloneable",
      message: "a signal could not be sent to far",
      cause: { message: "refused by the wire" },
    });
    expect(posted.map(([[, , message]]) => message)).toEqual(["one", undefined, "two"]);
  });
});
