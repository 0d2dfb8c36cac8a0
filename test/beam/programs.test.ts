import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { Census } from "./programs/census.js";
import { ask, compare, difference, shrink, tell } from "./programs/compare.js";
import { makeProgram } from "./programs/grow.js";
import { play } from "./programs/play.js";
import type { Program, Trace } from "./programs/program.js";

const elixir = spawnSync("elixir", ["--version"]).error === undefined;

/** The first of the seeds: another one each time, or PROGRAMS=12345 to play those again. */
const seed = Number(process.env["PROGRAMS"] ?? Math.floor(Math.random() * 1e9));
const programs = Array.from({ length: 500 }, (_, n) => makeProgram(seed + n));

describe("the comparison of programs", () => {
  const trace: Trace = [
    [
      ["p1#1", "msg p2#1 1"],
      ["p1#1", "ok 2"],
      ["p2#1", "null"],
    ],
  ];

  it("finds what is out of order, missing, or too much, of one process", () => {
    const [step = []] = trace;
    const [one, two, three] = step as [(typeof step)[0], (typeof step)[0], (typeof step)[0]];
    expect(difference(trace, [[three, one, two]])).toBeUndefined();
    expect(difference(trace, [[two, one, three]])).toContain("in step 0");
    expect(difference(trace, [[one, three]])).toContain("in step 0");
    expect(difference(trace, [...trace, [one]])).toContain("in step 1");
  });

  it("leaves open how messages of different senders lie in a mailbox", () => {
    const left = (...texts: string[]): Trace => [[["p1#1", `left ${texts.join("; ")}`]]];
    expect(difference(left("msg p2#1 1", "msg p3#1 2", "msg p2#1 3"), left("msg p3#1 2", "msg p2#1 1", "msg p2#1 3"))).toBeUndefined();
    expect(difference(left("msg p2#1 1", "msg p2#1 3"), left("msg p2#1 3", "msg p2#1 1"))).toContain("in step 0");
  });

  it("plays a program of a seed in the same way each time", async () => {
    expect(await play(makeProgram(7))).toEqual(await play(makeProgram(7)));
  });
});

describe.skipIf(!elixir)("random programs, in OTP and here", { timeout: 120_000 }, () => {
  it(`K1 K4 K5 K6 K7 K8 K9 K10 T2 T5 T7 T8 V1 G1 G2 agree, from seed ${seed} on`, async () => {
    const { mismatches, traces } = await compare(programs);
    const [first] = mismatches;
    if (first !== undefined)
      expect.fail(`${mismatches.length} of ${programs.length} differ. PROGRAMS=${seed} plays them again.\n${tell(await shrink(first))}`);
    const census = new Census();
    programs.forEach((program, n) => census.add(program, traces[n] ?? []));
    expect(census.missing.length, census.toString()).toBeLessThan(4);
  });

  it("see everything that there is to see", async () => {
    const census = new Census();
    for (let n = 0; n < 1_500; n++) census.add(makeProgram(n), await play(makeProgram(n)));
    expect(census.missing, census.toString()).toEqual([]);
  });

  it("find the smallest program that differs", async () => {
    const steps: Program["steps"] = [[["p1", ["link", "p2"], ["send", "p3", 1]]], [["p2", ["exit", "boom"]]]];
    const { mismatches } = await compare([{ seed: 0, steps }]);
    expect(mismatches).toEqual([]);
    const [theirs = []] = await ask([{ seed: 0, steps }]);
    const ours = await play({ seed: 0, steps: steps.slice(0, 1) });
    expect(difference(theirs, ours)).toContain("p1#1 ended boom");
  });
});
