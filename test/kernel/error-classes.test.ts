import { describe, expect, it, onTestFinished } from "vitest";
import fc from "fast-check";
import { decodeReason, encodeReason } from "../../src/kernel/encode-reason.js";
import { registerErrorClass } from "../../src/kernel/error-classes.js";
import { NodeDown, TaskwardError } from "../../src/kernel/errors.js";
import { type ErrorClass, shared } from "../../src/kernel/shared.js";

const travel = (reason: unknown): unknown => decodeReason(structuredClone(encodeReason(reason)));

/** For one test. */
function register(Class: ErrorClass, name?: string): void {
  registerErrorClass(Class, name);
  onTestFinished(() => {
    for (const [name, known] of shared.errors) if (known === Class) shared.errors.delete(name);
  });
}

describe("registerErrorClass", () => {
  class Base extends Error {
    constructor(readonly detail: { readonly n: number }) {
      super(`detail ${detail.n}`);
    }
    get twice(): number {
      return this.detail.n * 2;
    }
  }
  class Derived extends Base {}
  class Group extends AggregateError {}

  it("lets an error arrive as one of its class, though its constructor cannot be called", () => {
    register(Base);
    const arrived = travel(new Base({ n: 4 })) as Base;
    expect(arrived).toBeInstanceOf(Base);
    expect([arrived.twice, arrived.detail, arrived.message]).toEqual([8, { n: 4 }, "detail 4"]);
  });

  it("takes the nearest class that is known, on whichever side it is missing", () => {
    register(Base);
    expect(Object.getPrototypeOf(travel(new Derived({ n: 1 })))).toBe(Base.prototype);
    register(Derived);
    expect(Object.getPrototypeOf(travel(new Derived({ n: 1 })))).toBe(Derived.prototype);
    const encoded = structuredClone(encodeReason(new Derived({ n: 1 })));
    shared.errors.delete("Derived");
    expect(Object.getPrototypeOf(decodeReason(encoded))).toBe(Base.prototype);
    shared.errors.delete("Base");
    expect(Object.getPrototypeOf(decodeReason(encoded))).toBe(Error.prototype);
  });

  it("knows a class by another name where one is given", () => {
    const before = [...shared.errors.keys()];
    register(Base, "app.Base");
    expect(travel(new Base({ n: 4 }))).toBeInstanceOf(Base);
    expect([...shared.errors.keys()]).toEqual([...before, "app.Base"]);
  });

  it("keeps the errors of an AggregateError's heir, which are not enumerable", () => {
    register(Group);
    register(Base);
    const arrived = travel(new Group([new Base({ n: 1 })], "two")) as Group;
    expect(arrived).toBeInstanceOf(Group);
    expect(arrived.errors[0]).toBeInstanceOf(Base);
    expect(Object.keys(arrived)).toEqual([]);
  });

  it("knows the language's and Taskward's own without that", () => {
    for (const error of [
      new DOMException("x", "AbortError"),
      new NodeDown("main/t1", { exitCode: 7, culprit: "task x" }),
      new TaskwardError("noproc", "x"),
      new URIError("x"),
    ]) {
      const arrived = travel(error) as Error;
      expect(Object.getPrototypeOf(arrived)).toBe(Object.getPrototypeOf(error));
      expect(Object.entries(arrived)).toEqual(Object.entries(error).filter(([key]) => key !== "name"));
      expect([arrived.name, arrived.message, arrived.stack]).toEqual([error.name, error.message, error.stack]);
      expect((arrived as { code?: unknown }).code).toBe((error as { code?: unknown }).code);
    }
  });

  it("refuses what is no class of errors, and a name that another class has", () => {
    for (const bad of [
      class {
        readonly x = 1;
      },
      Error.prototype,
      () => 1,
      undefined,
      Error("x"),
    ]) {
      expect(() => registerErrorClass(bad as never, "x")).toThrow(expect.objectContaining({ code: "invalid_option" }) as Error);
    }
    register(Base, "taken");
    register(Base, "taken");
    expect(() => registerErrorClass(Derived, "taken")).toThrow(expect.objectContaining({ code: "name_taken" }) as Error);
  });

  it("is not fooled by what only looks like it", () => {
    register(Base);
    const forged = fc.record(
      {
        "@error": fc.constant("error"),
        kinds: fc.oneof(fc.anything(), fc.array(fc.oneof(fc.anything(), fc.constantFrom("Base", "constructor", "__proto__", "DOMException")))),
        name: fc.anything(),
        message: fc.anything(),
        own: fc.anything(),
      },
      { requiredKeys: ["@error"] },
    );
    fc.assert(
      fc.property(forged, (encoded) => {
        expect(decodeReason(encoded)).toBeInstanceOf(Error);
      }),
    );
    const shifty = new Proxy(new Base({ n: 1 }), { getPrototypeOf: () => new Proxy(Base.prototype, { getPrototypeOf: () => Base.prototype }) });
    expect(travel(shifty)).toBeInstanceOf(Error);
  });
});
