import { MessageChannel } from "node:worker_threads";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { isCloneable, notCloneable } from "../../src/kernel/clone.js";
import { decodeReason, encodeReason } from "../../src/kernel/encode-reason.js";
import { NodeDown, NotCloneable } from "../../src/kernel/errors.js";
import { hostile } from "./hostile.js";

/** Over a wire and back, as a reason travels. */
const travel = (reason: unknown): unknown => decodeReason(structuredClone(encodeReason(reason)));

/** Whatever structured clone keeps as it is. */
const value = fc.anything({ withDate: true, withMap: true, withSet: true, withBigInt: true, withTypedArray: true, withSparseArray: true });
const key = fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "toString", "then", "code", "errors", "@error", "own", "valueOf"));
const taken = new Set(["name", "message", "stack", "cause"]);

const kinds = [Error, RangeError, TypeError, SyntaxError, ReferenceError, EvalError, URIError];
const plainError = fc
  .record({
    kind: fc.constantFrom(...kinds),
    name: fc.option(fc.string(), { nil: undefined }),
    message: fc.string(),
    stack: fc.option(fc.string(), { nil: undefined }),
    own: fc.array(fc.tuple(key, value), { maxLength: 4 }),
  })
  .map(({ kind, name, message, stack, own }) => {
    const error = new kind(message);
    if (name !== undefined) Object.defineProperty(error, "name", { value: name, configurable: true, writable: true });
    Object.defineProperty(error, "stack", { value: stack, configurable: true, writable: true });
    for (const [name, value] of own) {
      if (!taken.has(name)) Object.defineProperty(error, name, { value, enumerable: true, configurable: true, writable: true });
    }
    return error;
  });

/** With a cause, that may have one, and so on. */
const error = fc.tuple(plainError, fc.array(plainError, { maxLength: 5 }), fc.option(value, { nil: undefined })).map(([first, causes, last]) => {
  let at: Error = first;
  for (const cause of causes) at = at.cause = cause;
  if (last !== undefined) at.cause = last;
  return first;
});

function expectSame(arrived: unknown, sent: unknown): void {
  if (!(sent instanceof Error)) {
    expect(arrived).toEqual(sent);
    return;
  }
  expect(arrived).toBeInstanceOf(Error);
  if (!(arrived instanceof Error)) return;
  expect({ name: arrived.name, message: arrived.message, stack: arrived.stack }).toEqual({
    name: sent.name,
    message: sent.message,
    stack: sent.stack,
  });
  expect(
    Object.keys(arrived)
      .filter((key) => key !== "cause")
      .sort(),
  ).toEqual(
    Object.keys(sent)
      .filter((key) => key !== "cause")
      .sort(),
  );
  for (const key of Object.keys(sent)) {
    expectSame(Object.getOwnPropertyDescriptor(arrived, key)?.value, Object.getOwnPropertyDescriptor(sent, key)?.value);
  }
  expect(Object.getPrototypeOf(arrived)).toBe(Object.getPrototypeOf(sent));
  expectSame(arrived.cause, sent.cause);
}

describe("a reason over a wire", () => {
  it("that is a value arrives as it was", () => {
    fc.assert(fc.property(value, (reason) => expectSame(travel(reason), reason)));
  });

  it("that looks like the wire's own notes arrives as it was", () => {
    const note = fc.record(
      { "@error": value, name: value, message: value, stack: value, cause: value, own: value, reason: value, errors: value },
      { requiredKeys: ["@error"] },
    );
    fc.assert(fc.property(note, (reason) => expectSame(travel(reason), reason)));
    expect(travel({ "@error": true })).toEqual({ "@error": true });
  });

  it("that is an error keeps kind, name, message, stack, causes and own properties", () => {
    fc.assert(fc.property(error, (reason) => expectSame(travel(reason), reason)));
  });

  it("keeps the code of a system error, and what a NodeDown tells", () => {
    const system = Object.assign(new Error("ENOENT: no such file"), { code: "ENOENT", errno: -2, syscall: "open", path: "/nowhere" });
    expect(travel(system)).toMatchObject({ ...system, message: system.message });
    const down = new NodeDown("main/t1", { exitCode: 7, culprit: "task x" });
    expect(travel(down)).toMatchObject({
      name: "NodeDown",
      code: "node_down",
      exitCode: 7,
      culprit: "task x",
      node: "main/t1",
      message: down.message,
    });
  });

  it("keeps the errors within an AggregateError, and those in its own properties", () => {
    const inner = Object.assign(new RangeError("inner"), { code: "E_INNER" });
    const arrived = travel(new AggregateError([inner, "text", { a: 1 }], "all failed", { cause: inner })) as AggregateError;
    expect(arrived).toBeInstanceOf(AggregateError);
    expect(arrived.message).toBe("all failed");
    expect(arrived.errors[0]).toBeInstanceOf(RangeError);
    expect(arrived.errors[0]).toMatchObject({ message: "inner", code: "E_INNER", stack: inner.stack });
    expect(arrived.errors.slice(1)).toEqual(["text", { a: 1 }]);
    expect(arrived.cause).toMatchObject({ code: "E_INNER" });

    const holder = travel(Object.assign(new Error("outer"), { inner, list: [inner] })) as Error & { inner: Error; list: Error[] };
    expect(holder.inner).toBeInstanceOf(RangeError);
    expect(holder.inner).toMatchObject({ code: "E_INNER" });
    expect(holder.list[0]).toMatchObject({ code: "E_INNER" });
  });

  it("is taken as it is when it is sent: what is changed later does not travel", () => {
    const reason: { list: unknown[] } = { list: [1] };
    const own = Object.assign(new Error("x"), { reason });
    const encoded = [encodeReason(reason), encodeReason(own)];
    reason.list.push(() => undefined);
    expect(encoded.map((one) => decodeReason(structuredClone(one)))).toMatchObject([{ list: [1] }, { reason: { list: [1] } }]);
  });

  it("that cannot be cloned arrives as a description of it", () => {
    expect(travel(function handler() {})).toBe("the function handler");
    expect(travel(Symbol("text"))).toBe("Symbol(text)");
    expect(travel(Object.assign(new Error("x"), { handler() {} }))).toMatchObject({ message: "x", handler: "the function handler" });
  });

  it.each(hostile)("that is %s travels all the same", (_name, reason) => {
    expect(() => travel(reason)).not.toThrow();
    const error = travel(Object.assign(new Error("around it"), { detail: reason }));
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ message: "around it" });
    expect(travel(new Error("around it", { cause: reason }))).toMatchObject({ message: "around it" });
  });

  it("that was forged does no harm", () => {
    const forged = fc.record(
      {
        "@error": fc.constantFrom<unknown>(true, false, "list", 1),
        name: value,
        message: value,
        stack: value,
        cause: value,
        own: value,
        errors: value,
        reason: value,
      },
      { requiredKeys: ["@error"] },
    );
    fc.assert(
      fc.property(forged, (encoded) => {
        decodeReason(encoded);
      }),
    );
    let deep: unknown = "end";
    for (let n = 0; n < 20_000; n++) deep = { "@error": true, name: "Error", message: "", stack: "", own: {}, cause: deep };
    expect(() => decodeReason(deep)).not.toThrow();
    decodeReason(JSON.parse('{"@error":true,"name":"Error","message":"m","own":{"__proto__":{"polluted":true}}}'));
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe("isCloneable", () => {
  it("says what structured clone does", () => {
    for (const [, one] of [...hostile, ...[1, "x", null, undefined, 1n, true, {}, [], new Map(), new Error("x")].map((one) => ["", one] as const)]) {
      let clones = true;
      try {
        structuredClone(one);
      } catch {
        clones = false;
      }
      expect(isCloneable(one)).toBe(clones);
    }
  });
});

describe("notCloneable", () => {
  /** Something that can be cloned, with a hole in it, and the path to the hole. */
  interface Shell {
    readonly wrap: (inner: unknown) => unknown;
    readonly path: string;
  }
  const shell: fc.Memo<Shell> = fc.memo((depth): fc.Arbitrary<Shell> =>
    depth <= 1
      ? fc.constant({ wrap: (inner: unknown) => inner, path: "" })
      : fc.tuple(shell(), fc.nat(3), fc.constantFrom("field", "Array", "Map", "odd key")).map(([{ wrap, path }, at, kind]) => {
          const others = Array.from({ length: 4 }, (_, n) => n as unknown);
          switch (kind) {
            case "Array":
              return { wrap: (inner) => others.map((n) => (n === at ? wrap(inner) : n)), path: `[${at}]${path}` };
            case "Map":
              return { wrap: (inner) => new Map(others.map((n) => [`k${String(n)}`, n === at ? wrap(inner) : n])), path: `.get(k${at})${path}` };
            case "field":
              return {
                wrap: (inner) => Object.fromEntries(others.map((n) => [`f${String(n)}`, n === at ? wrap(inner) : n])),
                path: `.f${at}${path}`,
              };
            default:
              return { wrap: (inner) => ({ ok: 1, "a-b": wrap(inner) }), path: `["a-b"]${path}` };
          }
        }),
  );

  it("names the path of what cannot be cloned, wherever it is", () => {
    fc.assert(
      fc.property(
        shell(6),
        fc.constantFrom<unknown>(() => undefined, Symbol("s"), Promise.resolve(), new WeakMap()),
        ({ wrap, path }, hole) => {
          const error = notCloneable(wrap(hole), "message");
          expect(error).toBeInstanceOf(NotCloneable);
          expect(error.path).toBe(`message${path}`);
          expect(error.message).toContain(`message${path} is `);
        },
      ),
    );
  });

  it("says what it is, and keeps the cause", () => {
    const cause = new Error("DataCloneError");
    expect(notCloneable({ onClick() {} }, "args[0]", cause)).toMatchObject({
      path: "args[0].onClick",
      code: "not_cloneable",
      cause,
      message: "args[0].onClick is a function (onClick): only values that structured clone accepts can go to another node",
    });
    expect(notCloneable(Promise.resolve(), "result").message).toContain("result is a Promise that cannot be cloned");
    expect(notCloneable(new Set([Symbol("s")]), "result").message).toContain("result.values() is a symbol");
  });

  /** What it says of a value, and where. */
  const said = (value: unknown, cause?: unknown, list?: readonly object[]): [path: string, what: string] => {
    const { path, message } = notCloneable(value, "m", cause, list);
    return [path, message.slice(path.length, message.indexOf(": only values"))];
  };

  it("says what it is, though nothing much can be said of it", () => {
    expect(said({ deep: {} }, new RangeError("Maximum call stack size exceeded"))).toEqual(["m", " is nested too deeply"]);
    expect(said({ fine: 1 }, "no error")).toEqual(["m", " is not cloneable"]);
    expect(said({ fine: 1 }, new TypeError("by the wire"))).toEqual(["m", " is refused (by the wire)"]);
    expect(
      said([
        (
          () => () =>
            1
        )(),
      ]),
    ).toEqual(["m[0]", " is a function"]);
    expect(
      said({
        fine: {},
        list: [],
        get bad(): never {
          throw new Error("do not look");
        },
      }),
    ).toEqual(["m.bad", " is a property that cannot be read"]);
    expect(said({ fine: {}, list: [[]], bad: Symbol("s") })).toEqual(["m.bad", " is a symbol"]);
    expect(
      said(
        new Map<unknown, unknown>([
          [1, 2],
          [Symbol("key"), 3],
        ]),
      ),
    ).toEqual(["m.keys(Symbol(key))", " is a symbol"]);
    expect(said(new Map([[{}, () => 1]]))[0]).toBe("m.get([object Object])");
    const secret = new Proxy(
      {},
      {
        get: () => {
          throw new Error("do not look");
        },
      },
    );
    expect(said({ secret })).toEqual(["m.secret", " is a value that cannot be cloned"]);
    const map = Object.assign(new WeakMap(), { fine: 1 });
    expect(said(map)).toEqual(["m", " is a WeakMap that cannot be cloned"]);
    expect("cause" in notCloneable(map, "m")).toBe(false);
  });

  it("looks a hundred steps deep, and no deeper", () => {
    const nested = (steps: number): unknown => {
      let value: unknown = () => 1;
      for (let n = 0; n < steps; n++) value = { a: value };
      return value;
    };
    expect(said(nested(100))).toEqual([`m${".a".repeat(100)}`, " is a function (value)"]);
    expect(said(nested(101))).toEqual([`m${".a".repeat(100)}`, " is a Object that cannot be cloned"]);
  });

  it("takes what is to be moved for what can be, wherever it lies, and finds what else cannot", () => {
    const { port1 } = new MessageChannel();
    onTestFinished(() => port1.close());
    const moved = { port: port1, none: null, empty: {}, list: [], text: "x" };
    expect(said({ ...moved, bad: () => 1 }, new Error("x"), [port1])[0]).toBe("m.bad");
    expect(said(moved, new Error("why"), [port1])).toEqual(["m", " is refused (why)"]);
    expect(said({ port: port1 })).toEqual(["m.port", " is a MessagePort, which has to be moved with transfer(value, [port])"]);
  });

  it("finds its way out of cycles", () => {
    const value: Record<string, unknown> = { a: {} };
    value["a"] = { back: value, fn: () => undefined };
    expect(notCloneable(value, "message").path).toBe("message.a.fn");
  });

  it.each(hostile.filter(([, one]) => !isCloneable(one)))("of %s makes an error that says so", (_name, one) => {
    expect(notCloneable(one, "message")).toBeInstanceOf(NotCloneable);
    expect(notCloneable([one], "message").path).toMatch(/^message/);
  });
});
