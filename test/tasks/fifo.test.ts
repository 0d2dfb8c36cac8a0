import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Fifo } from "../../src/tasks/fifo.js";

describe("Fifo", () => {
  it("does what an array would do", () => {
    // Far more in it than are cut off at once, and again none at all.
    const steps = fc.array(
      fc.oneof({ weight: 8, arbitrary: fc.integer({ min: -700, max: 600 }) }, { weight: 1, arbitrary: fc.constant("clear" as const) }),
    );
    fc.assert(
      fc.property(steps, (all) => {
        const queue = new Fifo<number>();
        let model: number[] = [];
        let next = 0;
        for (const step of all) {
          if (step === "clear") {
            queue.clear();
            model = [];
          } else if (step > 0) {
            for (let n = 0; n < step; n++) {
              queue.push(next);
              model.push(next++);
            }
          } else {
            const taken = model.splice(0, -step);
            expect(taken.map(() => queue.shift())).toEqual(taken);
          }
          expect(queue.length).toBe(model.length);
        }
      }),
    );
  });
});
