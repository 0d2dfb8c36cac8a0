import { describe, expect, it } from "vitest";
import { type Origin, endOfSignal } from "../../src/kernel/check-signal.js";
import { ExitKind, Op } from "../../src/kernel/wire.js";

/** The other end is `far`, which all watch but `<near.2>` and the monitor `<near#2>`. */
const origin: Origin = {
  leadsTo: (address) => address.startsWith("<far"),
  watches: (pid, ref) => pid !== "<near.2>" && ref !== "<near#2>",
};

type Signal = readonly unknown[];

const told = (signal: Signal): number => endOfSignal(signal as never, 0, origin);

/** A signal as it should be, and for its parts, from the second one on, what may not stand there. */
const signals: readonly (readonly [name: string, signal: Signal, wrong: readonly (readonly unknown[])[]])[] = [
  ["done", [Op.done, 1, "value", 2], [["1", undefined], [], ["2", undefined]]],
  ["failed", [Op.failed, 1, "reason", 2, false], [["1", null], [], ["2", null], [0, undefined, "false"]]],
  ["a message to a pid", [Op.message, "<near.1>", "hello"], [[undefined, {}, true]]],
  ["news of a pid to a caller", [Op.message, 1, "<far.1>"], [[null], ["<near.1>", "<far#1>", "far", 1, undefined, {}]]],
  ["progress", [Op.message, 1, ["progress", 5]], [[null], [[], ["gone"], ["<far.1>"]]]],
  ["what was yielded", [Op.message, 1, ["yielded", 5]], [[null], [["yield"]]]],
  [
    "where more is to be asked for",
    [Op.message, 1, ["more", "<far#1>"]],
    [[null], [["less", "<far#1>"], ["more", "<near#1>"], ["more", 5], ["more"]]],
  ],
  ["that it waits", [Op.message, 1, ["waits", undefined]], [[null], [["wait"], ["waits", null], ["waits", {}]]]],
  [
    "where it waits for a word",
    [Op.message, 1, ["waits", "<far#1>"]],
    [
      [null],
      [
        ["waits", "<near#1>"],
        ["waits", 5],
      ],
    ],
  ],
  ["an exit signal", [Op.exit, "<near.1>", "<far.1>", "boom", ExitKind.signal], [[null], ["<near.1>", "<far#1>", 7], [], [-1, "0", undefined, 99]]],
  ["an exit by a link", [Op.exit, "<near.1>", "<far.1>", "boom", ExitKind.link], [[null], ["<near.1>"]]],
  ["an exit that was asked for", [Op.exit, 7, "<far.1>", "boom", ExitKind.ask], [[null, {}], ["<near.1>"]]],
  [
    "link",
    [Op.link, "<near.1>", "<far.1>"],
    [
      [1, null],
      ["<near.1>", "<far#1>"],
    ],
  ],
  [
    "unlink",
    [Op.unlink, "<near.1>", "<far.1>"],
    [
      [1, null],
      ["<near.1>", "<far#1>"],
    ],
  ],
  [
    "monitor",
    [Op.monitor, "<near.1>", "<far.1>", "<far#1>"],
    [
      [1, null],
      ["<near.1>", "<far#1>"],
      [1, undefined],
    ],
  ],
  [
    "demonitor",
    [Op.demonitor, "<near.2>", "<far#1>"],
    [
      [1, null],
      [1, null],
    ],
  ],
  [
    "down",
    [Op.down, "<near.1>", "<near#1>", "boom"],
    [
      [1, "<near.2>"],
      [1, "<near#2>"],
    ],
  ],
  ["nodeDown", [Op.nodeDown, "other", "noconnection"], [[1, null]]],
  [
    "spawn",
    [Op.spawn, 1, { key: 1, module: "m", name: "f" }, { label: "l", stream: 1, context: {}, callers: ["<far.1>"] }, 2, "one", "two"],
    [
      ["1", null],
      ["f", null, undefined, {}, { key: "1", module: "m", name: "f" }, { key: 1, module: 2, name: "f" }, { key: 1, module: "m", name: 3 }],
      [
        "text",
        null,
        1,
        { label: 1 },
        { stream: "1" },
        { context: "c" },
        { context: 1 },
        { callers: "c" },
        { callers: {} },
        { callers: ["<far.1>", 1] },
      ],
      [-1, 0.5, Infinity, Number.NaN, "2", undefined, 3],
    ],
  ],
  ["spawn of a function by its number, without options", [Op.spawn, 1, 2, undefined, 0], [[], [], ["text"], [1]]],
];

describe("what is a signal of the other end of a wire", () => {
  it.each(signals)("N5 %s", (_name, signal) => {
    expect(told(signal)).toBe(signal.length);
    expect(endOfSignal(["before", ...signal, "after"] as never, 1, origin)).toBe(1 + signal.length);
  });

  it.each(signals)("N5 no %s that is cut off", (_name, signal) => {
    for (let length = 0; length < signal.length; length++) expect(told(signal.slice(0, length)), `${length} parts`).toBe(0);
  });

  it.each(signals.flatMap(([name, signal, wrong]) => wrong.flatMap((all, n) => all.map((odd) => [name, n + 1, odd, signal] as const))))(
    "N5 no %s whose part %i is %j",
    (_name, at, odd, signal) => {
      expect(told(signal.map((part, n) => (n === at ? odd : part)))).toBe(0);
    },
  );

  it.each([undefined, null, -1, 0.5, 99, "0", {}])("N5 nothing that begins with %j", (op) => {
    expect(told([op, "<near.1>", "<far.1>", "<far#1>", 0, 1, 2])).toBe(0);
  });

  it("N5 spawn with no option at all, or with some left out", () => {
    for (const options of [undefined, {}, { label: "l" }, { stream: 1 }, { context: {} }, { callers: [] }])
      expect(told([Op.spawn, 1, 2, options, 0])).toBe(5);
  });
});
