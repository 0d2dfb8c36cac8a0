import { describe, expect, it } from "vitest";
import { decodeReason, encodeReason } from "../../src/kernel/encode-reason.js";
import { NodeDown } from "../../src/kernel/errors.js";

/** A reason as the other side gets it. */
const travel = (reason: unknown): unknown => decodeReason(structuredClone(encodeReason(reason)));

/** A chain of so many errors, each the cause of the one before. */
const chain = (length: number): Error => {
  let error = new Error(`error ${length}`);
  for (let n = length - 1; n > 0; n--) error = new Error(`error ${n}`, { cause: error });
  return error;
};

/** The messages of an error and its causes; a cause that is no error as it is. */
function messagesOf(error: unknown): unknown[] {
  const messages: unknown[] = [];
  for (let one = error; one !== undefined; one = (one as Error).cause) {
    if (!(one instanceof Error)) return [...messages, one];
    messages.push(one.message);
  }
  return messages;
}

const nested = (depth: number): Error => {
  const error = new Error(`level ${depth}`) as Error & { inner?: unknown };
  if (depth < 12) error.inner = nested(depth + 1);
  return error;
};

describe("an exit reason on a wire", () => {
  it("that is text goes as it is", () => {
    expect(encodeReason("shutdown")).toBe("shutdown");
  });

  it.each([5, null, undefined, true, { shutdown: 1 }, [1, 2], { "@error": "value" }, { "@error": "error", kinds: [] }, new Map([[1, 2]])])(
    "that is a value arrives as it was: %o",
    (value) => {
      expect(travel(value)).toEqual(value);
    },
  );

  it("that looks like what was encoded is marked, and no other", () => {
    expect(encodeReason({ "@error": "x" })).toEqual({ "@error": "value", value: { "@error": "x" } });
    expect(encodeReason({ error: "x" })).toEqual({ error: "x" });
    expect(encodeReason(7)).toBe(7);
  });

  it("that cannot be cloned is described", () => {
    expect(travel(() => undefined)).toBe("the function (anonymous)");
    expect(travel({ fn() {} })).toBe("{}");
  });

  it("takes eight causes along, and no more", () => {
    expect(messagesOf(travel(chain(9)))).toEqual(Array.from({ length: 9 }, (_, n) => `error ${n + 1}`));
    expect(messagesOf(travel(chain(10)))).toEqual(Array.from({ length: 9 }, (_, n) => `error ${n + 1}`));
  });

  it("describes errors that lie deeper within properties, and those beyond the sixty-fourth", () => {
    let level = travel(nested(0)) as Error & { inner?: unknown };
    for (let depth = 0; depth < 8; depth++) {
      expect(level).toBeInstanceOf(Error);
      expect(level.message).toBe(`level ${depth}`);
      level = level.inner as typeof level;
    }
    expect(level.message).toBe("level 8");
    expect(level.inner).toBe("Error: level 9");
    const many = travel(new AggregateError(Array.from({ length: 70 }, (_, n) => new Error(`${n}`)))) as AggregateError;
    const errors = many.errors as unknown[];
    expect(errors.filter((one) => one instanceof Error)).toHaveLength(63);
    expect(errors[62]).toBeInstanceOf(Error);
    expect(errors[63]).toBe("Error: 63");
  });

  it("lists of errors count as a level", () => {
    let value: unknown = new Error("deepest");
    for (let depth = 0; depth < 12; depth++) value = [value, new Error(`level ${depth}`)];
    const arrived = JSON.stringify(travel(value), (_key, one: unknown) => (one instanceof Error ? `E:${one.message}` : one));
    expect(arrived).toContain("E:level 11");
    expect(arrived).toContain('"Error: level 2"');
  });

  it("keeps an error's class, name, stack and properties, and what is not to be listed is not", () => {
    const error = Object.assign(new RangeError("out"), { code: 7, detail: { deep: [1] } });
    const arrived = travel(error) as typeof error;
    expect(Object.getPrototypeOf(arrived)).toBe(RangeError.prototype);
    expect([arrived.name, arrived.message, arrived.stack, arrived.code, arrived.detail]).toEqual([
      "RangeError",
      "out",
      error.stack,
      7,
      { deep: [1] },
    ]);
    expect(Object.keys(arrived).sort()).toEqual(["code", "detail"]);
    expect("cause" in arrived).toBe(false);
    expect(Object.hasOwn(arrived, "name")).toBe(false);
    // It can be changed, as any error can.
    arrived.code = 8;
    expect(arrived.code).toBe(8);
    expect(Reflect.deleteProperty(arrived, "code")).toBe(true);
  });

  it("keeps a name of its own, the errors of an AggregateError unlisted, and those of any other error listed", () => {
    const named = Object.assign(new Error("x"), { name: "MyError" });
    expect(travel(named)).toMatchObject({ name: "MyError", message: "x" });
    expect(Object.keys(travel(new AggregateError([1])) as object)).toEqual([]);
    expect(Object.keys(travel(Object.assign(new Error("x"), { errors: [1] })) as object)).toEqual(["errors"]);
  });

  it("of a DOMException keeps the name, which tells what it is", () => {
    const arrived = travel(new DOMException("stop", "AbortError")) as DOMException;
    expect(arrived).toBeInstanceOf(DOMException);
    expect([arrived.name, arrived.message]).toEqual(["AbortError", "stop"]);
    expect((decodeReason({ "@error": "error", kinds: ["DOMException"], name: 5, message: "m", own: {} }) as DOMException).name).toBe("Error");
  });

  it("of Taskward's own keeps the class and what it carries", () => {
    const arrived = travel(new NodeDown("main/t1", { exitCode: 3 }));
    expect(arrived).toBeInstanceOf(NodeDown);
    expect(arrived).toMatchObject({ code: "node_down", node: "main/t1", exitCode: 3 });
  });

  it("an error that hides itself arrives all the same", () => {
    const hostile = new Proxy(new Error("x"), {
      getPrototypeOf: () => Error.prototype,
      get() {
        throw new Error("no");
      },
      ownKeys() {
        throw new Error("no");
      },
    });
    const arrived = travel(hostile) as Error;
    expect(arrived).toBeInstanceOf(Error);
    expect([arrived.name, arrived.message, Object.keys(arrived)]).toEqual(["Error", "", []]);
  });

  it("an error whose message and name are no text has them described", () => {
    const odd = Object.assign(new Error("x"), { name: 5, message: { a: 1 } });
    expect(travel(odd)).toMatchObject({ name: "5", message: '{"a":1}' });
  });

  it.each<[string, unknown]>([
    ["an unknown mark", { "@error": "other", value: 1 }],
    ["a list that is none", { "@error": "list", items: 5 }],
  ])("forged, with %s, is taken as it is", (_what, forged) => {
    expect(decodeReason(forged)).toEqual(forged);
  });

  it("forged, with parts of other types, is an error without them", () => {
    const arrived = decodeReason({ "@error": "error", kinds: "TypeError", name: 5, message: 7, stack: {}, own: 3 }) as Error;
    expect(Object.getPrototypeOf(arrived)).toBe(Error.prototype);
    expect([arrived.name, arrived.message, arrived.stack, Object.hasOwn(arrived, "name")]).toEqual(["Error", "", undefined, false]);
    const second = decodeReason({
      "@error": "error",
      kinds: [null, 5, "Nobody", "TypeError"],
      message: "m",
      own: { name: "x", stack: "y", message: "z", cause: "c" },
    }) as Error;
    expect(Object.getPrototypeOf(second)).toBe(TypeError.prototype);
    expect([second.name, second.message, second.stack, "cause" in second]).toEqual(["TypeError", "m", undefined, false]);
  });

  it("forged, nested without end, is decoded so far and no further", () => {
    let forged: unknown = "bottom";
    for (let depth = 0; depth < 40; depth++) forged = { "@error": "list", items: [forged] };
    let level = decodeReason(forged);
    let depth = 0;
    for (; Array.isArray(level); depth++) level = level[0] as unknown;
    expect(depth).toBe(17);
    let chained: unknown = "bottom";
    for (let n = 0; n < 40; n++) chained = { "@error": "error", kinds: [], message: `${n}`, own: {}, cause: chained };
    expect(messagesOf(decodeReason(chained)).filter((one) => typeof one === "string")).toHaveLength(17);
    let within: unknown = "bottom";
    for (let n = 0; n < 40; n++) within = { "@error": "error", kinds: [], message: `${n}`, own: { inner: within } };
    let error = decodeReason(within) as { readonly inner?: unknown };
    let count = 0;
    for (; error instanceof Error; count++) error = error.inner as typeof error;
    expect(count).toBe(17);
  });

  it("keeps of an AggregateError which of its own properties are seen", () => {
    const error = Object.assign(new AggregateError([new Error("one")], "all"), { code: "E_ALL" });
    const arrived = decodeReason(structuredClone(encodeReason(error))) as AggregateError & { code: string };
    expect([Object.keys(arrived), arrived.code, arrived.errors]).toEqual([["code"], "E_ALL", [new Error("one")]]);
    const plain = decodeReason(structuredClone(encodeReason(Object.assign(new Error("x"), { errors: [1] })))) as Error;
    expect(Object.keys(plain)).toEqual(["errors"]);
  });
});
