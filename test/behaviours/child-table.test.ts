import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Spec } from "../../src/behaviours/child-spec.js";
import { type Child, Children } from "../../src/behaviours/children.js";
import type { Pid } from "../../src/kernel/ids.js";

const spec = (id: number | string, type: Spec["type"] = "worker"): Spec => ({
  id,
  start: () => "" as Pid,
  restart: "permanent",
  shutdown: 10,
  type,
  significant: false,
  backoff: undefined,
});
const pid = (number: number): Pid => `<n.${number}>` as Pid;
const all = (children: Children): Child[] => [...children.from(children.oldest)];

/** The same from its youngest child on. */
function reversed({ youngest }: Children): Child[] {
  const found: Child[] = [];
  for (let one = youngest; one !== undefined; one = one.elder) found.unshift(one);
  return found;
}

describe("the children of a supervisor", () => {
  it("are in the order in which they were added, from either end, whoever is removed", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ adds: fc.boolean(), at: fc.nat(20) }), { maxLength: 40 }), (steps) => {
        const children = new Children(true);
        const model: Child[] = [];
        steps.forEach(({ adds, at }, id) => {
          if (adds || model.length === 0) model.push(children.add(spec(id)));
          else {
            const [gone] = model.splice(at % model.length, 1) as [Child];
            children.remove(gone);
            expect([gone.state, children.find(gone.spec.id)]).toEqual(["removed", undefined]);
          }
          expect(all(children)).toEqual(model);
          expect(reversed(children)).toEqual(model);
          expect(children.size).toBe(model.length);
          for (const child of model) expect(children.find(child.spec.id)).toBe(child);
        });
      }),
      { numRuns: 200 },
    );
  });

  it("are found by their pid while they have it; where two were given the same one, by who was given it last", () => {
    const children = new Children(true);
    const [one, two] = [children.add(spec("one")), children.add(spec("two"))];
    expect([one.state, one.pid]).toEqual(["stopped", undefined]);
    children.gained(one, pid(1));
    children.gained(two, pid(1));
    children.lost(one);
    expect([children.withPid(pid(1)), one.pid, one.last]).toEqual([two, undefined, pid(1)]);
    children.lost(two);
    children.lost(two); // it is lost already
    expect(children.withPid(pid(1))).toBeUndefined();
  });

  it("V5 without ids, are found by the pid that they had while they are being restarted, and then alone", () => {
    const children = new Children(false);
    const made = [1, 2, 3].map((number) => {
      const child = children.add(spec("same"));
      children.gained(child, pid(number));
      return child;
    }) as [Child, Child, Child];
    for (const child of made) {
      children.lost(child);
      child.state = "restarting";
    }
    expect(children.find(pid(2))).toBe(made[1]);
    expect(children.find(pid(9))).toBeUndefined();
    made[1].state = "stopped";
    expect(children.find(pid(2))).toBeUndefined();
  });

  it("V3 are told of as running, restarting or stopped, and with a pid only while they run", () => {
    const children = new Children(true);
    const child = children.add(spec("a"));
    const told = (state: Child["state"]): unknown[] => {
      child.state = state;
      const [info] = children.list();
      return [info?.state, info?.pid, info?.restarts];
    };
    expect(told("stopped")).toEqual(["stopped", undefined, 0]);
    expect(told("starting")).toEqual(["stopped", undefined, 0]);
    children.gained(child, pid(1));
    child.starts = 3;
    expect(told("running")).toEqual(["running", pid(1), 2]);
    expect(told("stopping")).toEqual(["stopped", undefined, 2]);
    children.lost(child);
    expect(told("restarting")).toEqual(["restarting", undefined, 2]);
  });

  it("V3 are counted by their kind, and by whether they run", () => {
    const children = new Children(true);
    for (const [id, type] of [
      ["a", "worker"],
      ["b", "supervisor"],
      ["c", "supervisor"],
      ["d", "worker"],
      ["e", "worker"],
    ] as const)
      children.add(spec(id, type));
    children.gained(all(children)[0] as Child, pid(1));
    children.gained(all(children)[1] as Child, pid(2));
    expect(children.count()).toEqual({ specs: 5, active: 2, supervisors: 2, workers: 3 });
    children.remove(all(children)[1] as Child);
    expect(children.count()).toEqual({ specs: 4, active: 1, supervisors: 1, workers: 3 });
    expect(children.withPid(pid(2))).toBeUndefined();
  });
});
