import type { Pid, Self } from "taskward";
import { Registry } from "taskward/behaviours";
import { VirtualTime } from "taskward/testing";
import fc from "fast-check";
import { expect, it } from "vitest";

/** What happens to a registry; `who` and `key` choose among a few. */
const step = fc.record({
  what: fc.constantFrom("register", "register", "register", "unregister", "update", "end", "crash"),
  who: fc.nat(3),
  key: fc.nat(3),
});

/** Numbers, texts and arrays; the third and the fourth look alike and are not. */
const keys: readonly unknown[] = [1, "1", ["a", 1], ["a", "1"]];

/** A registry as a plain list of who has what, in the order in which it was registered. */
class Model {
  list: { readonly pid: Pid; readonly key: number; value: number }[] = [];

  constructor(readonly isUnique: boolean) {}

  under(key: number): { pid: Pid; value: number }[] {
    return this.list.filter((one) => one.key === key).map(({ pid, value }) => ({ pid, value }));
  }

  register(pid: Pid, key: number, value: number): boolean {
    if (this.isUnique && this.under(key).length > 0) return false;
    this.list.push({ pid, key, value });
    return true;
  }

  without(gone: (one: { pid: Pid; key: number }) => boolean): boolean {
    const before = this.list.length;
    this.list = this.list.filter((one) => !gone(one));
    return this.list.length < before;
  }
}

const registered = (act: () => void): boolean => {
  try {
    act();
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: "name_taken" });
    return false;
  }
};

it.each(["unique", "duplicate"] as const)("G5 with %s keys it is as a list of who has what, whatever happens", async (kind) => {
  const { node } = new VirtualTime({ reporter: () => undefined });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const registry = Registry.start<unknown, number>({ keys: kind, node });
      const model = new Model(kind === "unique");
      const live: { self: Self; end: () => void }[] = [];
      const newcomer = (): Promise<void> =>
        new Promise((there) => {
          node.spawn(async (self) => {
            await new Promise<void>((end) => {
              live.push({ self, end });
              there();
            });
          });
        });
      for (let n = 0; n < 4; n++) await newcomer();
      for (const [index, { what, who, key }] of steps.entries()) {
        const { self } = live[who]!;
        const real = keys[key];
        if (what === "register") expect(registered(() => registry.register(self, real, index))).toBe(model.register(self.pid, key, index));
        else if (what === "unregister") expect(registry.unregister(self, real)).toBe(model.without((one) => one.pid === self.pid && one.key === key));
        else if (what === "update") {
          if (kind !== "unique") continue;
          const held = model.list.find((one) => one.pid === self.pid && one.key === key);
          expect(registry.updateValue(self, real, (old) => old + 100)).toEqual(held && [held.value + 100, held.value]);
          if (held !== undefined) held.value += 100;
        } else {
          const [gone] = live.splice(who, 1);
          // Nobody finds it from now on, whoever looks first.
          node.find(gone!.self.pid)!.terminate(what === "end" ? "normal" : "crash");
          gone!.end();
          model.without((one) => one.pid === gone!.self.pid);
          await newcomer();
        }
        for (const [n, one] of keys.entries()) {
          expect(registry.lookup(one)).toEqual(model.under(n));
          expect(registry.dispatch(one, (entries) => entries.length)).toBe(model.under(n).length || undefined);
          if (kind === "unique") expect(node.whereis(registry.via(one))).toBe(model.under(n)[0]?.pid);
        }
        for (const { self: one } of live)
          expect(registry.keys(one.pid)).toEqual(model.list.filter(({ pid }) => pid === one.pid).map(({ key: n }) => keys[n]));
        expect(registry.count).toBe(model.list.length);
      }
      for (const { end } of live) end();
      await registry.stop();
    }),
    { numRuns: 200 },
  );
  await new Promise((resolve) => setImmediate(resolve));
  expect([node.processCount, node.table.size]).toEqual([0, 0]);
});
