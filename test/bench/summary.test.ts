import { describe, expect, it } from "vitest";

// The bench is JavaScript without declarations.
const summary: string = new URL("../../bench/harness/summary.mjs", import.meta.url).href;
const { summarize } = (await import(summary)) as { summarize: (entry: object, metrics: object) => object };
const table: string = new URL("../../bench/harness/table.mjs", import.meta.url).href;
const { wrapped } = (await import(table)) as { wrapped: (rows: readonly string[][], widths: readonly number[]) => string[] };

const what = { case: "some", variant: "one", subject: "taskward" };
const metrics = { time: { unit: "ms" }, outcome: { unit: "ok" } };

describe("the figure of several turns", () => {
  it("is their median, with its bounds", () => {
    expect(summarize({ ...what, metric: "time", values: [3, 1, 2.00004] }, metrics)).toEqual({
      ...what,
      metric: "time",
      unit: "ms",
      median: 2,
      min: 1,
      max: 3,
      runs: 3,
    });
  });

  it("keeps what was said, each once", () => {
    const values = [
      { value: 1, text: "ok" },
      { value: 0, text: "never settles" },
      { value: 1, text: "ok" },
    ];
    expect(summarize({ ...what, metric: "outcome", values }, metrics)).toMatchObject({
      median: 1,
      min: 0,
      max: 1,
      runs: 3,
      text: "ok / never settles",
    });
  });

  it("is none where there was nothing to measure", () => {
    expect(summarize({ ...what, metric: "outcome", values: [{ value: null, text: "not offered" }] }, metrics)).toMatchObject({
      median: null,
      min: null,
      max: null,
      text: "not offered",
    });
  });
});

it("a table's cells go on below where they are too long", () => {
  expect(
    wrapped(
      [
        ["fault", "tinypool-process"],
        ["infinite loop, 500 ms", "ok"],
        ["throw", "never settles; 9 others lost"],
      ],
      [14, 10],
    ),
  ).toEqual([
    "fault           tinypool-",
    "                process",
    "infinite loop,  ok",
    "500 ms",
    "throw           never",
    "                settles; 9",
    "                others",
    "                lost",
  ]);
});
