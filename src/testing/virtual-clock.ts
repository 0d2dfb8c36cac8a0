import type { Clock } from "../kernel/clock.js";

interface Alarm {
  readonly due: number;
  /** Among those that are due at the same time. */
  readonly rank: number;
  readonly order: number;
  readonly fire: () => void;
  /** It has fired, or was cleared. */
  over: boolean;
}

const before = (one: Alarm, two: Alarm): boolean => {
  if (one.due !== two.due) return one.due < two.due;
  return one.rank === two.rank ? one.order < two.order : one.rank < two.rank;
};

/**
 * A clock that stands still until it is told to go on.
 *
 * @example
 * const clock = new VirtualClock();
 * clock.set(() => console.log("a minute later"), 60_000);
 * clock.step(); // true
 */
export class VirtualClock implements Clock {
  readonly #rank: () => number;
  #now = 0;
  #order = 0;
  #pending = 0;
  /** A heap: what is due first stands first. What was cleared stays in it until it comes up, or is most of it. */
  #heap: Alarm[] = [];

  /** @param rank decides which of the timers that are due at the same time fires first, when each is set. Default: in the order in which they are set */
  constructor(rank: () => number = () => 0) {
    this.#rank = rank;
  }

  now(): number {
    return this.#now;
  }

  coarse(): number {
    return this.#now;
  }

  set(fire: () => void, delay: number): unknown {
    if (delay === Number.POSITIVE_INFINITY) return undefined;
    const alarm: Alarm = { due: this.#now + Math.max(0, delay), rank: this.#rank(), order: this.#order++, fire, over: false };
    this.#pending++;
    this.#heap.push(alarm);
    this.#rise(this.#heap.length - 1);
    return alarm;
  }

  clear(handle: unknown): void {
    const alarm = handle as Alarm | undefined;
    if (alarm === undefined || alarm.over) return;
    alarm.over = true;
    this.#pending--;
    if (this.#heap.length > 64 && this.#heap.length > 2 * this.#pending) {
      // Sorted is a heap, too.
      this.#heap = this.#heap.filter(({ over }) => !over).sort((one, two) => (before(one, two) ? -1 : 1));
    }
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#pending;
  }

  /** When the next timer is due; undefined when there is none. */
  get next(): number | undefined {
    return this.#earliest()?.due;
  }

  /** Goes on to the next timer and fires it; false when there is none. */
  step(): boolean {
    const alarm = this.#earliest();
    if (alarm === undefined) return false;
    this.#removeFirst();
    alarm.over = true;
    this.#pending--;
    this.#now = Math.max(this.#now, alarm.due);
    alarm.fire();
    return true;
  }

  /** Sets the time forward without firing anything. */
  moveTo(time: number): void {
    this.#now = Math.max(this.#now, time);
  }

  #earliest(): Alarm | undefined {
    while (this.#heap[0]?.over === true) this.#removeFirst();
    return this.#heap[0];
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    for (let at = 0; ;) {
      let first = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && before(heap[child] as Alarm, heap[first] as Alarm)) first = child;
      }
      if (first === at) return;
      this.#swap(at, first);
      at = first;
    }
  }

  #rise(at: number): void {
    for (let child = at, parent = (child - 1) >> 1; child > 0; child = parent, parent = (child - 1) >> 1) {
      if (!before(this.#heap[child] as Alarm, this.#heap[parent] as Alarm)) return;
      this.#swap(child, parent);
    }
  }

  #swap(one: number, two: number): void {
    const alarm = this.#heap[one] as Alarm;
    this.#heap[one] = this.#heap[two] as Alarm;
    this.#heap[two] = alarm;
  }
}
