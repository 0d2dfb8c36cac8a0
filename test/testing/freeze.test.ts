import type { Down, Pid, Self } from "taskward";
import { freezeDeep, supervised } from "taskward/testing";
import { describe, expect, it } from "vitest";

describe("freezeDeep", () => {
  it("freezes plain objects and arrays, however deep, and those without a prototype", () => {
    const value = freezeDeep({ list: [{ n: 1 }], bare: Object.assign(Object.create(null) as object, { inner: [1] }) });
    expect(() => (value.list[0]!.n = 2)).toThrow(TypeError);
    expect(() => value.list.push({ n: 3 })).toThrow(TypeError);
    expect(Object.isFrozen((value.bare as { inner: unknown }).inner)).toBe(true);
  });

  it("comes to its end with what contains itself, and with what is nested deeper than the stack", () => {
    const ring: { self?: unknown } = {};
    ring.self = [ring];
    expect(Object.isFrozen(freezeDeep(ring).self)).toBe(true);
    let deep: object = {};
    for (let n = 0; n < 100_000; n++) deep = { deep };
    expect(Object.isFrozen(freezeDeep(deep))).toBe(true);
  });

  it("freezes what is in something that was frozen before, but not deeply", () => {
    const inner = { n: 1 };
    freezeDeep(Object.freeze({ inner }));
    expect(Object.isFrozen(inner)).toBe(true);
  });

  it("leaves everything else as it is, and does not look into it", () => {
    class Counter {
      #n = 0;
      inner = { n: 0 };
      next(): number {
        this.inner.n++;
        return ++this.#n;
      }
    }
    const value = freezeDeep({
      map: new Map([["a", { n: 1 }]]),
      set: new Set([1]),
      bytes: new Uint8Array(2),
      counter: new Counter(),
      date: new Date(0),
    });
    value.map.set("b", { n: 2 });
    (value.map.get("a") as { n: number }).n = 3;
    value.set.add(2);
    value.bytes[0] = 1;
    value.date.setTime(1);
    expect(value.counter.next()).toBe(1);
    expect(freezeDeep(new Error("x"))).toHaveProperty("message", "x");
    for (const plain of [1, "x", null, undefined, Symbol.iterator, freezeDeep]) expect(freezeDeep(plain)).toBe(plain);
  });

  it("runs no getter, and harms nothing that does not want to be frozen", () => {
    const trap = new Proxy(
      {},
      {
        preventExtensions: () => false,
      },
    );
    const value = {
      get secret(): never {
        throw new Error("looked at");
      },
      trap,
      inner: { n: 1 },
    };
    freezeDeep(value);
    expect(Object.isFrozen(value.inner)).toBe(true);
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    freezeDeep({ proxy: revoked.proxy });
  });
});

describe("messages are values", () => {
  const order = (): { items: { price: number }[] } => ({ items: [{ price: 1 }] });

  it(
    "whoever receives one and changes it, crashes there",
    supervised(async ({ self }) => {
      const { pid, ref } = self.spawnMonitor(async function changes(child: Self<ReturnType<typeof order>>) {
        const { items } = (await child.receive()) as ReturnType<typeof order>;
        items[0]!.price = 2;
      });
      self.send(pid, order());
      const { reason } = (await self.receive((message) => (message as Partial<Down>).ref === ref)) as Down;
      expect(reason).toBeInstanceOf(TypeError);
      expect((reason as Error).stack).toMatch(/changes .*freeze\.test\.ts/);
    }),
  );

  it(
    "whoever sends one, by whatever way, cannot change it any more",
    supervised(async ({ self, node }) => {
      const child = self.spawnLink((one) => one.receive(() => false));
      self.register("me");
      for (const send of [
        (message: object) => self.send(child, message),
        (message: object) => self.send("me", message),
        (message: object) => self.send({ name: "me", node: "main" }, message),
        (message: object) => self.send(self.alias({ once: true }), message),
        (message: object) => node.send(child, message),
        (message: object) => self.sendAfter(child, message, 5),
        (message: object) => self.sendAfter("somebody", message, 5).cancel(),
        (message: object) => self.sendAfter({ name: "me", node: "main" }, message, 5),
      ]) {
        const message = order();
        send(message);
        expect(() => (message.items[0]!.price = 2)).toThrow(TypeError);
      }
      await self.sleep(10);
    }),
  );

  it(
    "an exit reason is one, too",
    supervised(async ({ self }) => {
      self.trapExit = true;
      const reason = { why: ["x"] };
      self.spawnLink((child) => child.exit(reason));
      await self.receive();
      expect(() => reason.why.push("y")).toThrow(TypeError);
      const crash = Object.assign(new Error("x"), { code: "E_X" });
      self.spawnLink(() => Promise.reject(crash));
      await self.receive();
      crash.code = "E_Y";
    }),
  );

  it(
    "not so where it is switched off",
    supervised({ freeze: false }, async ({ self }) => {
      const message = order();
      self.send(self.pid, message);
      message.items.push({ price: 2 });
      expect(await self.receive()).toBe(message);
    }),
  );

  it(
    "what goes to another node is a copy: nobody there can change what was sent",
    supervised(({ self }) => {
      const message = order();
      self.send("<elsewhere.1>" as Pid, message);
      message.items.push({ price: 2 });
      expect(message.items).toHaveLength(2);
    }),
  );
});
