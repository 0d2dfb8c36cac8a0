/** What the scheduler runs: a process that begins, or one that goes on with a message. */
export interface Runnable {
  begin(): void;
}

export type Continue = (value: unknown) => void;

/** How many steps may run before the event loop gets its turn, and for how many milliseconds. */
const budget = 2_000;
const slice = 5;
const glance = 31;
/** How much of the queue may be past before it is cut off. */
const mostPast = 8_192;

export const begin: Continue = (runnable) => (runnable as Runnable).begin();

/** Calls `callback` in the next turn of the event loop. */
export const nextTurn: (callback: () => void) => void =
  typeof setImmediate === "function" ? (callback) => void setImmediate(callback) : overMessageChannel();

function overMessageChannel(): (callback: () => void) => void {
  const waiting: (() => void)[] = [];
  const { port1, port2 } = new MessageChannel();
  (port1 as unknown as { onmessage: () => void }).onmessage = () => waiting.shift()?.();
  return (callback) => {
    waiting.push(callback);
    port2.postMessage(undefined);
  };
}

let deferred = 0;

/** Calls `callback` in a turn of its own, after timers and sockets had theirs. */
export function defer(callback: () => void): void {
  deferred++;
  nextTurn(() => {
    deferred--;
    callback();
  });
}

/** True when something waits for a turn of its own: steps beyond a budget, or signals between nodes of one event loop. */
export const isDeferred = (): boolean => deferred > 0;

const settled = Promise.resolve();

/** Calls back when the current turn's code has run: a promise's reaction, which costs half of what the host's `queueMicrotask` does. */
export const soon = (callback: () => void): void => void settled.then(callback);

/**
 * Decides when processes run. Each step costs one of a budget; when it is spent, what is ready waits until the event loop has
 * looked after timers and sockets (so that no storm of messages starves them), and goes on in the same order.
 */
export class Scheduler {
  readonly #elapsed: () => number;
  #used = 0;
  #sliceStart: number;
  #spent = false;
  /** Who begins or goes on, and with what, in the order in which they came: from `#head` on, by twos. */
  readonly #queue: unknown[] = [];
  #head = 0;
  #awake = false;
  readonly #run = (): void => {
    this.#awake = false;
    this.#goOn();
  };

  /** `elapsed` measures how long a turn takes, in milliseconds; in virtual time no turn takes any. */
  constructor(elapsed: () => number = () => performance.now()) {
    this.#elapsed = elapsed;
    this.#sliceStart = elapsed();
  }

  /** True when the caller may go on at once; it has then used one step. */
  spend(): boolean {
    if (this.#spent) return false;
    if ((++this.#used & glance) !== 0) return true;
    const now = this.#elapsed();
    if (this.#used < budget && now - this.#sliceStart < slice) return true;
    this.#spent = true;
    defer(() => this.#refill());
    return false;
  }

  /** Has `runnable` begin soon, never within the caller's own step. */
  start(runnable: Runnable): void {
    this.#queue.push(begin, runnable);
    if (!this.#awake && !this.#spent) this.#wakeUp();
  }

  #wakeUp(): void {
    this.#awake = true;
    soon(this.#run);
  }

  /**
   * Hands `value` to a waiting process: now, or in its turn when the budget is spent. What is handed on for the same `_whose` goes in order here as
   * everything does; a scheduler that picks among those who are ready keeps to that.
   */
  wake(go: Continue, value: unknown, _whose?: object): void {
    if (this.spend()) go(value);
    else this.#queue.push(go, value);
  }

  #refill(): void {
    this.#spent = false;
    this.#used = 0;
    this.#sliceStart = this.#elapsed();
    this.#goOn();
  }

  /** One queue for those who begin and those who go on: with two, the one could wait for ever for the other. */
  #goOn(): void {
    const queue = this.#queue;
    try {
      while (this.#head < queue.length && this.spend()) {
        const at = this.#head;
        this.#head += 2;
        (queue[at] as Continue)(queue[at + 1]);
      }
    } finally {
      if (this.#head >= queue.length) {
        queue.length = 0;
        this.#head = 0;
      } else if (this.#head > mostPast && this.#head > queue.length / 2) {
        queue.splice(0, this.#head);
        this.#head = 0;
      }
      // One has thrown, which none may: the others go on all the same.
      if (queue.length > 0 && !this.#spent && !this.#awake) this.#wakeUp();
    }
  }
}
