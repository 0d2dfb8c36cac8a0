import fc from "fast-check";
import { type Batch, Op } from "../../../src/kernel/wire.js";

/** What stands where something else should: of other types, out of range, with names that objects have already, nested, cyclic. */
const oddities = (): readonly unknown[] => {
  const cyclic: Record<string, unknown> = { n: 1 };
  cyclic["self"] = cyclic;
  let deep: unknown = "bottom";
  for (let n = 0; n < 500; n++) deep = [deep];
  return [
    undefined,
    null,
    true,
    -1,
    0.5,
    2 ** 53,
    1e300,
    Number.NaN,
    Infinity,
    10n,
    "",
    "<",
    "<.>",
    "<near.999999>",
    "<near!nobody>",
    "<far>",
    "__proto__",
    "constructor",
    "x".repeat(100_000),
    [],
    [undefined],
    {},
    JSON.parse('{"__proto__":{"polluted":true},"constructor":1,"toString":2,"then":3,"length":1e9}'),
    new Map([["__proto__", 1]]),
    new Date(Number.NaN),
    new Error("odd"),
    new Uint8Array(3),
    cyclic,
    deep,
  ];
};

/** Signals as they should be, from the node `far`; `victim` is a process that it attacks, `ref` a monitor of that one on somebody else. */
export const honest = (victim: string, ref: string): readonly (readonly unknown[])[] => [
  [Op.message, victim, { hello: "there" }],
  [Op.message, 0, "<far.1>"],
  [Op.message, 0, ["progress", 1]],
  [Op.link, victim, "<far.1>"],
  [Op.unlink, victim, "<far.1>"],
  [Op.monitor, victim, "<far.1>", "<far#1>"],
  [Op.monitor, "<near!nobody>", "<far.1>", "<far#2>"],
  [Op.demonitor, victim, "<far#1>"],
  [Op.down, victim, "<near#12345>", "noproc"],
  [Op.spawn, 7, { key: 1, module: "test:", name: "square" }, { label: "fuzz", callers: ["<far.1>"] }, 2, 3, 4],
  [Op.spawn, 8, 1, undefined, 0],
  [Op.exit, 8, "<far.1>", "kill", 0],
  [Op.done, 3, "value", 10],
  [Op.failed, 3, "reason", 10, false],
  [Op.nodeDown, "elsewhere", "noconnection"],
  // In the name of others: refused, however well they are made.
  [Op.exit, victim, "<near.1>", "kill", 0],
  [Op.exit, victim, victim, "kill", 0],
  [Op.exit, victim, "<third.1>", "boom", 1],
  [Op.link, victim, "<third.1>"],
  [Op.monitor, victim, "<near.1>", "<near#1>"],
  [Op.down, victim, ref, "noproc"],
  [Op.nodeDown, "third", "noconnection"],
  [Op.nodeDown, "near", "noconnection"],
];

/** One batch of signals of which some have been changed: a part replaced, left out, doubled, swapped with another, or the whole cut off somewhere. */
export const batches = (victim: string, ref: string): fc.Arbitrary<Batch> => {
  const oddity = fc.nat(oddities().length - 1).map((n) => oddities()[n]);
  const signal = fc.constantFrom(...honest(victim, ref));
  const changed = fc
    .tuple(signal, fc.nat(6), fc.constantFrom("replace", "drop", "double", "op", "swap", "none"), oddity)
    .map(([whole, place, how, odd]) => {
      const parts = [...whole];
      const at = place % parts.length;
      if (how === "replace") parts[at] = odd;
      else if (how === "drop") parts.splice(at, 1);
      else if (how === "double") parts.splice(at, 0, parts[at]);
      else if (how === "op") parts[0] = place * 3 - 2;
      else if (how === "swap") [parts[at], parts[parts.length - 1]] = [parts.at(-1), parts[at]];
      return parts;
    });
  const batch = fc.tuple(fc.array(changed, { minLength: 1, maxLength: 6 }), fc.nat(40)).map(([signals, cut]) => {
    const flat = signals.flat();
    return cut === 0 ? [oddities()[7], ...flat] : cut < 8 ? flat.slice(0, cut) : flat;
  });
  // In its own name it may end whom it likes: that is no attack.
  return batch.filter(
    (flat) => !flat.some((part, at) => part === Op.exit && (flat[at + 1] === victim || flat[at + 1] === "<third.1>") && flat[at + 2] === "<far.1>"),
  );
};
