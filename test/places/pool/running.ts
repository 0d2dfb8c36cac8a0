import type { FunctionRef } from "../../../src/kernel/wire.js";
import type { Resolver } from "../../../src/kernel/work.js";

/** Has one function do what all references mean. */
export const running =
  (run: (ref: FunctionRef, ...args: never[]) => unknown): Resolver =>
  (ref) => ({ fn: (...args: never[]) => run(ref, ...args), takesSelf: false });
