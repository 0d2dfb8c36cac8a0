/** What a face hands what is called on it to. */
export interface Behind {
  send(method: string, args: readonly unknown[]): unknown;
}

const behind = Symbol("behind");

interface Face {
  readonly [behind]: Behind;
}

/**
 * What faces inherit: a method of whatever name it is asked for. Each is made when it is first asked for and is an ordinary method from then on, which
 * costs a tenth of a proxy on the way of every call.
 */
const methods: object = Object.create(
  new Proxy(Object.create(null) as object, {
    get(_target, name) {
      // What has a `then` is taken for a promise.
      if (typeof name === "symbol" || name === "then" || name === "constructor") return undefined;
      const method = function (this: Face, ...args: unknown[]): unknown {
        return this[behind].send(name, args);
      };
      Object.defineProperty(methods, name, { value: method });
      return method;
    },
  }),
) as object;

class PlainFace implements Face {
  readonly [behind]: Behind;

  constructor(whatIsBehind: Behind) {
    this[behind] = whatIsBehind;
  }
}
Object.setPrototypeOf(PlainFace.prototype, methods);
delete (PlainFace.prototype as { constructor?: unknown }).constructor;

/** Something with every method, each of which hands its name and its arguments on. */
export const faceOf = <F>(whatIsBehind: Behind): F => new PlainFace(whatIsBehind) as F;

/** The same, as a function. */
export const callableFace = <F>(whatIsBehind: Behind, fn: (...args: never[]) => unknown): F =>
  Object.setPrototypeOf(Object.assign(fn, { [behind]: whatIsBehind }), methods) as F;
