/** Time as a node sees it. The testing kit brings one whose time is virtual. */
export interface Clock {
  /** Milliseconds since the epoch, with fractions; never goes back. */
  now(): number;
  /** The same, to the millisecond, where that is cheaper. */
  coarse(): number;
  /** Calls `fire` once, `delay` milliseconds from now; answers what `clear` takes. */
  set(fire: () => void, delay: number): unknown;
  /** Takes back what `set` answered; nothing happens when it has fired already. */
  clear(handle: unknown): void;
}

/** The longest delay that timers of the host take; longer ones are set in steps. */
const longest = 2 ** 31 - 1;

interface Steps {
  handle: ReturnType<typeof setTimeout>;
}

/** Real time. Delays of any length work; `Infinity` never fires and holds nothing. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  coarse: () => Date.now(),

  set(fire, delay) {
    if (delay <= longest) return setTimeout(fire, delay);
    if (delay === Infinity) return undefined;
    const due = systemClock.now() + delay;
    const step = (): ReturnType<typeof setTimeout> => {
      const left = due - systemClock.now();
      return left <= longest
        ? setTimeout(fire, left)
        : setTimeout(() => {
            steps.handle = step();
          }, longest);
    };
    const steps: Steps = { handle: step() };
    return steps;
  },

  clear(handle) {
    if (handle === undefined) return;
    const steps = handle as Partial<Steps>;
    clearTimeout(steps.handle ?? (handle as ReturnType<typeof setTimeout>));
  },
};
