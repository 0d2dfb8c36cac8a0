/** Values made to break whoever looks at them. */

const explode = (): never => {
  throw new Error("do not touch");
};

const getter = (key: PropertyKey, on: object = {}): object => Object.defineProperty(on, key, { get: explode, enumerable: true, configurable: true });

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

const untouchable = (target: object): object =>
  new Proxy(target, {
    get: explode,
    has: explode,
    ownKeys: explode,
    getOwnPropertyDescriptor: explode,
    getPrototypeOf: explode,
  });

const cyclicCause = (): Error => {
  const [a, b] = [new Error("a"), new Error("b")];
  a.cause = b;
  b.cause = a;
  return a;
};

/** Every way through it is another one: 10^8 of them. */
const wide = (): Error => {
  let error = new AggregateError([], "leaf");
  for (let depth = 0; depth < 8; depth++)
    error = new AggregateError(
      Array.from({ length: 10 }, () => error),
      `level ${depth}`,
    );
  return error;
};

const deepArray = (depth: number): unknown => {
  let value: unknown = () => undefined;
  for (let n = 0; n < depth; n++) value = [value];
  return value;
};

export const hostile: readonly (readonly [name: string, value: unknown])[] = [
  ["a getter that throws", getter("boom")],
  ["a toJSON that throws", { toJSON: explode }],
  [
    "a tag that throws",
    getter(
      Symbol.toStringTag,
      Object.assign(() => undefined, {}),
    ),
  ],
  [
    "an object with a tag that throws and a cycle",
    (() => {
      const value: Record<string, unknown> = getter(Symbol.toStringTag) as Record<string, unknown>;
      value["self"] = value;
      return value;
    })(),
  ],
  ["no prototype", Object.assign(Object.create(null) as object, { key: Symbol("no prototype") })],
  ["a revoked proxy", revoked()],
  ["a proxy that lets nobody look", untouchable({})],
  ["a proxy of an error", untouchable(new Error("inside"))],
  ["a function without a name", () => undefined],
  ["a function whose name throws", getter("name", () => undefined)],
  ["a symbol", Symbol("text")],
  ["a symbol without a text", Symbol()],
  ["an error with a name that throws", getter("name", new Error("x"))],
  ["an error with a message that throws", getter("message", new Error("x"))],
  ["an error with a stack that throws", getter("stack", new Error("x"))],
  ["an error with a cause that throws", getter("cause", new Error("x"))],
  ["an error with a property that throws", getter("detail", new Error("x"))],
  ["an error with a symbol for a name", Object.assign(new Error("x"), { name: Symbol("n") })],
  ["an error with an object for a message", Object.assign(new Error("x"), { message: { a: 1 } })],
  ["an error with a function for a message", Object.assign(new Error("x"), { message: explode })],
  ["an error with a list for a stack", Object.assign(new Error("x"), { stack: [explode] })],
  ["an error with no prototype", Object.setPrototypeOf(new Error("x"), null)],
  [
    "an error with itself for a cause",
    (() => {
      const error = new Error("x");
      error.cause = error;
      return error;
    })(),
  ],
  ["errors that cause each other", cyclicCause()],
  [
    "an error with itself in a property",
    (() => {
      const error = new Error("x");
      return Object.assign(error, { self: error });
    })(),
  ],
  ["errors without end", wide()],
  ["what cannot be cloned, deep down", deepArray(20_000)],
  ["a Map with a key that has no text", new Map([[Object.create(null), explode]])],
  ["a promise", Promise.resolve()],
  ["a WeakMap", new WeakMap()],
];
