import { expect, it } from "vitest";

interface Figure {
  readonly variant: string;
  readonly subject: string;
  readonly metric: string;
  readonly median: number | null;
}

interface Targets {
  readonly judge: (name: string, targets: readonly object[], figures: readonly Figure[]) => string[];
  readonly ratio: (variant: string, metric: string, peer: string, limit: object, where?: object) => object;
  readonly figure: (variant: string, metric: string, limit: object, shown?: object) => object;
  readonly all: (
    text: string,
    variants: readonly string[],
    subject: string,
    metric: string,
    value: (values: readonly (number | null)[]) => number,
    limit: object,
    shown?: object,
  ) => object;
}

// The bench is JavaScript without declarations.
const harness: string = new URL("../../bench/harness/targets.mjs", import.meta.url).href;
const { all, judge, ratio, figure } = (await import(harness)) as Targets;

const figures = [
  { variant: "8", subject: "taskward", metric: "time", median: 300 },
  { variant: "8", subject: "p-map", metric: "time", median: 200 },
  { variant: "unbounded", subject: "beam", metric: "time", median: 3_000 },
];

it("a ratio to a peer is reached up to its limit, and not beyond", () => {
  expect(judge("fanout", [ratio("8", "time", "p-map", { atMost: 1.5 }), ratio("8", "time", "p-map", { below: 1.5 })], figures)).toEqual([
    "fanout 8: taskward/p-map 1.5 (target: at most 1.5) reached",
    "fanout 8: taskward/p-map 1.5 (target: below 1.5) NOT REACHED",
  ]);
  expect(judge("fanout", [ratio("8", "time", "p-map", { atLeast: 1.6 })], figures)).toEqual([
    "fanout 8: taskward/p-map 1.5 (target: at least 1.6) NOT REACHED",
  ]);
});

it("a peer can be looked up in another variant", () => {
  expect(judge("fanout", [ratio("8", "time", "beam", { atMost: 0.25 }, { peerVariant: "unbounded" })], figures)).toEqual([
    "fanout 8: taskward/beam 0.1 (target: at most 0.25) reached",
  ]);
});

it("a figure of its own is told with its unit", () => {
  expect(judge("fanout", [figure("8", "time", { below: 300 }, { unit: "ns" })], figures)).toEqual([
    "fanout 8: time 300 ns (target: below 300 ns) NOT REACHED",
  ]);
});

it("what was not measured is not reached in silence", () => {
  expect(judge("fanout", [ratio("8", "time", "fastq", { below: 1 })], figures)).toEqual([
    "fanout 8: taskward/fastq was not measured (target: below 1)",
  ]);
});

it("a figure of all variants takes those that there are", () => {
  const matrix = [
    { variant: "throw", subject: "taskward", metric: "outcome", median: 1 },
    { variant: "exit", subject: "taskward", metric: "outcome", median: 0 },
    { variant: "signal", subject: "taskward", metric: "outcome", median: null },
  ];
  const failed = (values: readonly (number | null)[]): number => values.filter((value) => value === 0).length;
  const target = (subject: string): object => all("not ok", ["throw", "exit", "signal", "loop"], subject, "outcome", failed, { atMost: 0 });
  expect(judge("faults", [target("taskward"), target("piscina")], matrix)).toEqual([
    "faults not ok 1 (target: at most 0) NOT REACHED",
    "faults not ok was not measured (target: at most 0)",
  ]);
});
