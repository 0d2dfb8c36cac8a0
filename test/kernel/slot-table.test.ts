import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SlotTable, slots } from "../../src/kernel/slot-table.js";

describe("SlotTable", () => {
  it("finds what a Map would find, and never uses a number twice", () => {
    const step = fc.oneof(fc.record({ add: fc.nat() }), fc.record({ remove: fc.nat() }), fc.record({ get: fc.nat() }), fc.constant("clear" as const));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const table = new SlotTable<number>();
        const model = new Map<number, number>();
        const given: number[] = [];
        const old = (at: number): number => (given.length === 0 ? 0 : (given[at % given.length] as number));
        for (const one of steps) {
          if (one === "clear") {
            expect(table.clear().sort()).toEqual([...model.values()].sort());
            model.clear();
          } else if ("add" in one) {
            const id = table.add(one.add);
            expect(given).not.toContain(id);
            given.push(id);
            model.set(id, one.add);
          } else if ("remove" in one) {
            expect(table.remove(old(one.remove))).toBe(model.get(old(one.remove)));
            model.delete(old(one.remove));
          } else expect(table.get(old(one.get))).toBe(model.get(old(one.get)));
          expect(table.size).toBe(model.size);
          expect([...table.values()].sort()).toEqual([...model.values()].sort());
        }
      }),
    );
  });

  it("refuses more than it holds, and takes one again as soon as one has left", () => {
    const table = new SlotTable<number>();
    const ids = Array.from({ length: slots }, (_, n) => table.add(n));
    expect(() => table.add(0)).toThrow(RangeError);
    expect(table.remove(ids[500] as number)).toBe(500);
    const again = table.add(7);
    expect(ids).not.toContain(again);
    expect(table.get(ids[500] as number)).toBeUndefined();
    expect(table.get(again)).toBe(7);
  });
});
