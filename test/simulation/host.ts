import type { Simulation } from "../../src/testing/simulation.js";

/**
 * The host's clock and timers, of this simulation's time while `fn` runs: a pool waits for a node that does not answer by the machine's time, and a host of tasks looks
 * whether one was quick. Here either would be chance without a seed.
 */
export async function onVirtualHost<T>({ time }: Simulation, fn: () => Promise<T>): Promise<T> {
  const { setTimeout, clearTimeout } = globalThis;
  const { now } = performance;
  const set = (callback: () => void, ms = 0): unknown => {
    // A test runner has timers of its own, which are none of the simulation's.
    if (!/[\\/]src[\\/]places[\\/]/.test(new Error().stack ?? "")) return setTimeout(callback, ms);
    const timer = { handle: time.clock.set(callback, ms), ref: () => timer, unref: () => timer };
    return timer;
  };
  const clear = (timer: unknown): void => {
    if (typeof timer === "object" && timer !== null && "handle" in timer) time.clock.clear(timer.handle);
    else clearTimeout(timer as ReturnType<typeof setTimeout>);
  };
  Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
  performance.now = () => 1 + time.now;
  try {
    return await fn();
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
    performance.now = now;
  }
}
