import { beforeAll, describe, expect, it } from "vitest";
import { hasElixir, playedInOtp } from "./otp.js";
import { makeScenario } from "./trees/grow.js";
import { type Event, difference, readLog } from "./trees/log.js";
import { play } from "./trees/play.js";
import { describeScenario, toTerm } from "./trees/scenario.js";

/** Which seeds, from the first one on. More of them than every time: TREES=10000+5000 npx vitest run test/beam/trees.test.ts */
const [first = 0, count = 700] = (process.env["TREES"] ?? "").split("+").filter(Boolean).map(Number);
const scenarios = Array.from({ length: count }, (_, n) => makeScenario(first + n));

/** What happens in OTP: all scenarios in one start of it, many at a time, for they wait most of the time. */
async function ask(): Promise<Map<number, Event[][]>> {
  // What lets time pass first, so that it does not come to it at the end.
  const ordered = [...scenarios].sort((one, two) => Number(two.time === "window") - Number(one.time === "window"));
  return readLog(await playedInOtp("trees/trees.exs", ordered.map(toTerm), 150));
}

/** OTP could not play it within the times that it depends on: this machine was too busy. */
const isLate = (log: readonly Event[][]): boolean => log[0]?.[0]?.[1] === "late";

describe("the comparison", () => {
  const scenario = makeScenario(0);
  const step: Event[] = [
    ["root#1", "- root/b#1 shutdown"],
    ["root#1", "- root/a#1 shutdown"],
  ];

  it("finds a stop out of order, one that is missing, and a step that is missing", () => {
    expect(difference(scenario, [step], [step])).toBeUndefined();
    expect(difference(scenario, [step], [[...step].reverse()])).toContain("in step 0");
    expect(difference(scenario, [step], [step.slice(1)])).toContain("in step 0");
    expect(difference(scenario, [step, step], [step])).toContain("in step 1");
  });

  it("leaves open in which order the children of a killed supervisor end, and no other order", () => {
    const killed: Event = ["", "- root#1 killed"];
    const other = step.map(([, text]) => ["root/c#1", text] as const);
    expect(difference(scenario, [[killed, ...step, ...other]], [[...other, killed, ...[...step].reverse()]])).toBeUndefined();
    expect(difference(scenario, [[killed, ...step, ...other]], [[killed, ...step, ...[...other].reverse()]])).toContain("in step 0");
  });
});

describe.skipIf(!hasElixir)("restarts, strategies and the order of stops, as in OTP", () => {
  let theirs = new Map<number, Event[][]>();
  const ours = new Map<number, Event[][]>();

  beforeAll(async () => {
    const asked = ask();
    asked.catch(() => undefined);
    for (const scenario of scenarios) ours.set(scenario.seed, await play(scenario));
    theirs = await asked;
  }, 300_000);

  /** Compares those with such a root, and answers how many they are. */
  const compare = (type: "sup" | "dyn"): number => {
    const played = scenarios.filter(({ root, seed }) => root.type === type && !isLate(theirs.get(seed) ?? []));
    const found = played.flatMap((scenario) => {
      const differs = difference(scenario, theirs.get(scenario.seed) ?? [], ours.get(scenario.seed) ?? []);
      return differs === undefined ? [] : [`${describeScenario(scenario)}\n${differs}`];
    });
    expect(found.length, `${found.length} of ${played.length} differ\n${found.slice(0, 3).join("\n\n")}`).toBe(0);
    return played.length;
  };

  it("V1 V4 V6 random trees of supervisors, under random crashes, requests and signals", () => {
    expect(compare("sup")).toBeGreaterThanOrEqual(count === 700 ? 500 : 1);
  });

  it("V5 random dynamic supervisors", () => {
    expect(compare("dyn")).toBeGreaterThanOrEqual(count === 700 ? 70 : 1);
  });

  it("nearly all of them could be played in time", () => {
    expect([...theirs.values()].filter(isLate).length).toBeLessThan(count / 20);
  });
});
