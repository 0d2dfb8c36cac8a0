import { InvalidOption } from "../kernel/errors.js";

/** Chance that can be had again: the same seed, the same numbers. */
export class Random {
  #state: number;

  constructor(readonly seed: number) {
    checkSeed("seed", seed);
    // Beyond 32 bits and behind the point a seed counts, too.
    this.#state = (Math.imul(Math.floor(seed / 2 ** 32), 0x85ebca6b) ^ Math.floor(seed) ^ Math.floor((seed % 1) * 2 ** 32)) | 0;
  }

  /** A number from 0 to 1, 1 itself excluded. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }
}

export function checkSeed(option: string, seed: unknown): asserts seed is number {
  if (!Number.isFinite(seed)) throw new InvalidOption(option, seed, "give a number, such as 1 or Date.now()");
}
