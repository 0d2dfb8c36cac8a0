import { describe, expect, it } from "vitest";
import { hasElixir } from "./otp.js";
import { Census } from "./programs/census.js";
import { type Player, compare, difference, shrink, tell } from "./programs/compare.js";
import { makeProgram } from "./programs/grow.js";
import { play } from "./programs/play.js";
import type { Program, Trace } from "./programs/program.js";

/** The first of the seeds: another one each time, or PROGRAMS=12345 to play those again. */
const seed = Number(process.env["PROGRAMS"] ?? Math.floor(Math.random() * 1e9));
const programs = Array.from({ length: 500 }, (_, n) => makeProgram(seed + n));

const differs = (theirs: Trace, ours: Trace, steps: Program["steps"] = []): string | undefined => difference({ steps }, theirs, ours);

const restarts = ["permanent", "temporary", "transient"];
const reasons = ["normal", "shutdown", "{ shutdown }", "boom", "killed"];
const items = ["value", "raise", "exit", "never"];
const requests = ["reply", "later", "settle", "raise", "exit", "stop"];

/** All that programs do, and each kind of it. */
const kinds: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    ["await", "cancel", "ignore", "link", "monitor", "monitor_name", "register", "return", "send", "send_after"].map((op) => [op, []]),
  ),
  ...Object.fromEntries(["send_name", "server", "terminate_kid", "trap", "unlink", "unregister", "whereis", "which", "yield"].map((op) => [op, []])),
  call: requests,
  cast: requests,
  demonitor: ["flush", "no flush"],
  dynamic: ["0 restarts", "1 restarts", "2 restarts", "1 children", "2 children", "3 children"],
  exit: [...reasons, "kill", "{ raise }"],
  few: ["async", "child", "nolink"],
  recv: ["msg", "tag", "exit", "down", "a look", "with a time", "without a time"],
  run: items,
  shutdown: ["asked first", "brutal_kill"],
  signal: [...reasons, "kill"],
  spawn: ["plain", "link", "monitor", "trapping", "not trapping"],
  start_child: restarts,
  start_kid: restarts,
  stop: reasons,
  stream: ["alone", "linked", "nolink", "ordered", "unordered", ...items],
  supervisor: ["one_for_one", "one_for_all", "rest_for_one", "0 restarts", "1 restarts", "2 restarts", ...restarts],
  task: ["async", "sup_async", "nolink"],
};

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
    expect(differs(trace, [[three, one, two]])).toBeUndefined();
    expect(differs(trace, [[two, one, three]])).toContain("in step 0");
    expect(differs(trace, [[one, three]])).toContain("in step 0");
    expect(differs(trace, [...trace, [one]])).toContain("in step 1");
  });

  it("leaves open how messages of different senders lie in a mailbox", () => {
    const left = (...texts: string[]): Trace => [[["p1#1", `left ${texts.join("; ")}`]]];
    expect(differs(left("msg p2#1 1", "msg p3#1 2", "msg p2#1 3"), left("msg p3#1 2", "msg p2#1 1", "msg p2#1 3"))).toBeUndefined();
    expect(differs(left("msg p2#1 1", "msg p2#1 3"), left("msg p2#1 3", "msg p2#1 1"))).toContain("in step 0");
  });

  it.each([
    ["two that were killed, and end with kill", ["p1#1 ended killed", "p2#1 ended killed"], ["p1#1 ended kill", "p2#1 ended kill"]],
    ["one of a chain", ["p1#1 ended killed", "p2#1 ended killed", "p3#1 ended killed"], ["p1#1 ended killed", "p2#1 ended kill", "p3#1 ended kill"]],
    ["two with another reason", ["k1#1 ended boom", "k2#1 ended boom"], ["k1#1 ended shutdown", "k2#1 ended shutdown"]],
    [
      "a child that is started once too often",
      ["k1#1 ended boom", "s2#1 ended shutdown"],
      ["k1#1 ended boom", "k1#2 ended shutdown", "s2#1 ended shutdown"],
    ],
    ["a message that is missing before an end of one's own", ["p1#1 EXIT p2#1 boom", "p1#1 ended normal"], ["p1#1 ended normal"]],
  ])("finds %s", (_name, theirs, ours) => {
    const traceOf = (lines: readonly string[]): Trace => [lines.map((line) => [line.split(" ", 1)[0]!, line.slice(line.indexOf(" ") + 1)] as const)];
    expect(differs(traceOf(theirs), traceOf(ours), [[["p1", ["exit", "normal"]]]])).toContain("in step 0");
  });

  it("plays a program of a seed in the same way each time", async () => {
    expect(await play(makeProgram(7))).toEqual(await play(makeProgram(7)));
  });

  it("does and sees everything that there is", async () => {
    const census = new Census();
    for (let n = 0; n < 1_500; n++) census.add(makeProgram(n), await play(makeProgram(n)));
    expect(census.missing, census.toString()).toEqual([]);
    expect(census.operations).toEqual(
      Object.entries(kinds)
        .flatMap(([op, some]) => [op, ...some.map((kind) => `${op} ${kind}`)])
        .sort(),
    );
  });
});

describe.skipIf(!hasElixir)("random programs, in OTP and here", { timeout: 120_000 }, () => {
  it(`K1 K4 K5 K6 K7 K8 K9 K10 T2 T5 T7 T8 T11 S2 V1 V5 G1 G2 agree, from seed ${seed} on`, async () => {
    const { mismatches, once, traces } = await compare(programs);
    for (const one of once) console.warn(`differed once, and not again:\n${tell(one)}`);
    const [first] = mismatches;
    if (first !== undefined)
      expect.fail(`${mismatches.length} of ${programs.length} differ. PROGRAMS=${seed} plays them again.\n${tell(await shrink(first))}`);
    const census = new Census();
    programs.forEach((program, n) => census.add(program, traces[n] ?? []));
    expect(census.missing.length, census.toString()).toBeLessThan(4);
  });

  it("are made as small as they can be where they differ", async () => {
    const steps: Program["steps"] = [
      [["p3", ["send", "p2", 1], ["whereis", "one"]]],
      [["p1", ["link", "p2"], ["send", "p3", 1]]],
      [["p2", ["recv", ["msg", "p3"], 60], ["exit", "boom"]]],
      [["p3", ["recv", ["tag", 1], 60]]],
    ];
    const wrong: Player = async (program) =>
      (await play(program)).map((step) => step.map(([who, text]) => [who, text.replace("boom", "bang")] as const));
    const program = { seed: 0, steps };
    const [mismatch] = (await compare([program], wrong)).mismatches;
    expect((await shrink(mismatch!, wrong)).program.steps).toEqual([[["p2", ["exit", "boom"]]]]);
    expect((await compare([program])).mismatches).toEqual([]);
  });
});
