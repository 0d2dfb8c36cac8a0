import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "taskward/testing";

describe("VirtualClock", () => {
  it("fires what is set in the order of its times, those of the same time in the order in which they were set; what is cleared never", () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ set: fc.oneof(fc.nat(5), fc.double({ min: 0, max: 5, noNaN: true })) }) },
      { weight: 1, arbitrary: fc.record({ clear: fc.nat() }) },
      { weight: 2, arbitrary: fc.constant("step" as const) },
      { weight: 1, arbitrary: fc.record({ moveTo: fc.nat(20) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const clock = new VirtualClock();
        const handles: unknown[] = [];
        const fired: number[] = [];
        let model: { due: number; order: number }[] = [];
        let now = 0;
        let order = 0;
        const fire = (): void => {
          model.sort((a, b) => a.due - b.due || a.order - b.order);
          const before = fired.length;
          expect(clock.next).toBe(model[0]?.due);
          expect(clock.step()).toBe(model.length > 0);
          const first = model.shift();
          if (first === undefined) return;
          now = Math.max(now, first.due);
          expect(fired.slice(before)).toEqual([first.order]);
        };
        for (const one of steps) {
          if (one === "step") fire();
          else if ("set" in one) {
            const mine = order++;
            model.push({ due: now + one.set, order: mine });
            handles.push(clock.set(() => fired.push(mine), one.set));
          } else if ("clear" in one) {
            if (handles.length === 0) continue;
            const at = one.clear % handles.length;
            clock.clear(handles[at]);
            model = model.filter(({ order }) => order !== at);
          } else {
            clock.moveTo(one.moveTo);
            now = Math.max(now, one.moveTo);
          }
          expect(clock.now()).toBe(now);
          expect(clock.coarse()).toBe(now);
          expect(clock.pending).toBe(model.length);
        }
        while (model.length > 0) fire();
        expect([clock.step(), clock.next, clock.pending]).toEqual([false, undefined, 0]);
      }),
      { numRuns: 300 },
    );
  });

  it("a timer may set, clear and fire others", () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    const doomed = clock.set(() => fired.push("doomed"), 10);
    clock.set(() => {
      fired.push("first");
      clock.clear(doomed);
      clock.set(() => fired.push("second"), 0);
      clock.step();
    }, 10);
    // The one that clears was set after the one that it clears, for the same time: too late for that one.
    clock.step();
    expect(fired).toEqual(["doomed"]);
    clock.step();
    expect(fired).toEqual(["doomed", "first", "second"]);
    expect(clock.pending).toBe(0);
  });

  it("a delay without end is no timer; one that is negative is due at once", () => {
    const clock = new VirtualClock();
    expect(clock.set(() => undefined, Number.POSITIVE_INFINITY)).toBeUndefined();
    expect(clock.pending).toBe(0);
    clock.moveTo(5);
    clock.set(() => undefined, -3);
    expect(clock.next).toBe(5);
  });

  it("takes a hundred thousand timers, cleared and fired in any order, without looking through all of them for each", () => {
    const clock = new VirtualClock();
    const count = 100_000;
    let fired = 0;
    const handles = Array.from({ length: count }, (_, n) => clock.set(() => fired++, (n * 7_919) % count));
    for (let n = 0; n < count; n += 2) clock.clear(handles[n]);
    let last = -1;
    while (clock.step()) {
      expect(clock.now() >= last).toBe(true);
      last = clock.now();
    }
    expect(fired).toBe(count / 2);
  });
});
