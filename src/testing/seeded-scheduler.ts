import { type Continue, type Runnable, Scheduler, begin, defer } from "../kernel/scheduler.js";
import { Random } from "./random.js";

/** A process that is ready: what it has been handed, in order. */
interface Line {
  readonly whose: object;
  readonly steps: [go: Continue, value: unknown][];
}

let made = false;

/** Whether a seeded scheduler has taken a step since this was last asked: such a turn does next to nothing. */
export function stepMade(): boolean {
  const was = made;
  made = false;
  return was;
}

/**
 * Picks by chance who goes on, one step a turn: a process runs until it waits, then the next is drawn among all that are ready. The same seed draws
 * the same. What one process is handed it gets in order, so signals between two processes keep theirs (K1).
 *
 * @throws InvalidOption when the seed is no number
 * @example
 * const node = new Node({ scheduler: new SeededScheduler(7) });
 */
export class SeededScheduler extends Scheduler {
  readonly random: Random;
  readonly #ready: Line[] = [];
  readonly #lines = new Map<object, Line>();
  #awake = false;
  #rank: number | undefined = undefined;

  constructor(seed: number) {
    super(() => 0);
    this.random = new Random(seed);
  }

  /** Nobody goes on without being drawn. */
  override spend(): boolean {
    return false;
  }

  override start(runnable: Runnable): void {
    this.#add(runnable, begin, runnable);
  }

  override wake(go: Continue, value: unknown, whose: object = go): void {
    this.#add(whose, go, value);
  }

  /** By chance, and the same for everything within one step: timers due at the same time fire by it. */
  get rank(): number {
    return (this.#rank ??= this.random.next());
  }

  #add(whose: object, go: Continue, value: unknown): void {
    const line = this.#lines.get(whose);
    if (line !== undefined) line.steps.push([go, value]);
    else {
      const first: Line = { whose, steps: [[go, value]] };
      this.#lines.set(whose, first);
      this.#ready.push(first);
    }
    this.#wakeUp();
  }

  #wakeUp(): void {
    if (this.#awake) return;
    this.#awake = true;
    // A turn for each step: what its code does without waiting for a message is over before the next one goes on.
    defer(() => {
      this.#awake = false;
      this.#step();
    });
  }

  #step(): void {
    made = true;
    this.#rank = undefined;
    const ready = this.#ready;
    const at = this.random.below(ready.length);
    const line = ready[at] as Line;
    const [go, value] = line.steps.shift() as [Continue, unknown];
    if (line.steps.length === 0) {
      this.#lines.delete(line.whose);
      const last = ready.pop() as Line;
      if (last !== line) ready[at] = last;
    }
    try {
      go(value);
    } finally {
      if (ready.length > 0) this.#wakeUp();
    }
  }
}
