import { describe, expect, it } from "vitest";
import { Probes } from "../../../src/places/cluster/probes.js";
import { VirtualTime } from "../../../src/testing/virtual-time.js";

describe("asking whether nodes are there", () => {
  const nothing = (): void => undefined;

  it("N1 all who ask for one at the same time hear the same, and each time it is asked anew", async () => {
    const time = new VirtualTime();
    const probes = new Probes(time.clock);
    let asked = 0;
    const ask = (): Promise<boolean> => probes.ask("b~1", () => (asked += 1), 5_000);
    const both = [ask(), ask()];
    probes.answer("c~1", false);
    probes.answer("b~1", true);
    expect([await Promise.all(both), asked]).toEqual([[true, true], 1]);
    const again = ask();
    probes.answer("b~1", false);
    expect([await again, asked]).toEqual([false, 2]);
    expect(time.clock.pending).toBe(0); // or a program would wait for them before it ends
  });

  it("N1 one that says nothing for a tick is not there", async () => {
    const time = new VirtualTime();
    const probes = new Probes(time.clock);
    const answer = probes.ask("b~1", nothing, 5_000);
    let isKnown = false;
    void answer.then(() => (isKnown = true));
    await time.advance(4_999);
    expect(isKnown).toBe(false);
    await time.advance(1);
    expect(await answer).toBe(false);
  });
});
