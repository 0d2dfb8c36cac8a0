import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Histogram } from "../../../src/places/pool/histogram.js";
import { Meter } from "../../../src/places/pool/meter.js";
import { VirtualTime } from "../../../src/testing/virtual-time.js";

describe("a histogram", () => {
  it("P5 of nothing is all zeros", () => {
    expect(new Histogram().distribution()).toEqual({ count: 0, mean: 0, p50: 0, p90: 0, p99: 0, max: 0 });
  });

  it("P5 is within an eighth of the truth, from a few microseconds to half an hour", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.008, max: 2_000_000, noNaN: true }), { minLength: 1, maxLength: 300 }), (times) => {
        const histogram = new Histogram();
        for (const time of times) histogram.add(time);
        const sorted = [...times].sort((a, b) => a - b);
        const told = histogram.distribution();
        expect(told.count).toBe(times.length);
        expect(told.max).toBe(sorted.at(-1));
        expect(told.mean).toBeCloseTo(times.reduce((sum, time) => sum + time, 0) / times.length, 3);
        for (const [name, share] of [["p50", 0.5] as const, ["p90", 0.9] as const, ["p99", 0.99] as const]) {
          const truth = sorted[Math.ceil(times.length * share) - 1] as number;
          expect(Math.abs(told[name] - truth) / truth).toBeLessThanOrEqual(0.13);
        }
      }),
    );
  });

  it("P5 takes what is longer than it can tell apart", () => {
    const histogram = new Histogram();
    histogram.add(1e12);
    expect(histogram.distribution()).toMatchObject({ max: 1e12, p50: expect.any(Number) });
  });
});

describe("a meter", () => {
  it("P5 utilisation is that since the last snapshot, what still runs included and nothing counted twice", async () => {
    const time = new VirtualTime();
    const meter = new Meter(time.clock, 2);
    const begun = time.now;
    await time.advance(100);
    expect(meter.snapshot(1, [begun], []).utilisation).toBeCloseTo(0.5);
    await time.advance(100);
    meter.ended(false, 5, 150); // it ended 50 ms after the snapshot
    expect(meter.snapshot(0, [], []).utilisation).toBeCloseTo(0.25);
    await time.advance(100);
    expect(meter.snapshot(0, [], []).utilisation).toBe(0);
    expect(meter.snapshot(0, [], []).utilisation).toBe(0); // no time has passed
  });

  it("P5 counts ends by what they were", () => {
    const meter = new Meter(new VirtualTime().clock, 1);
    meter.ended(false, 10, 20);
    meter.ended(true, undefined, 0);
    expect(meter.snapshot(3, [0], [])).toMatchObject({ queued: 2, running: 1, done: 1, failed: 1, wait: { count: 1, mean: 10 }, run: { count: 2 } });
  });
});
