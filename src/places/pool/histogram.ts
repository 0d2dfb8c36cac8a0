import type { Distribution } from "../../tasks/pool-metrics.js";

/** So many steps to each doubling: a step is a quarter. */
const steps = 4;
const buckets = 32 * steps;

/** How long things took, counted by their logarithm: half a kilobyte, however many they are. */
export class Histogram {
  readonly #counts = new Uint32Array(buckets);
  #count = 0;
  #sum = 0;
  #max = 0;

  add(milliseconds: number): void {
    this.#count++;
    this.#sum += milliseconds;
    if (milliseconds > this.#max) this.#max = milliseconds;
    const micros = Math.min(milliseconds * 1_000, 0xffff_ffff) >>> 0;
    const bits = 31 - Math.clz32(micros | 1);
    // The two bits after the first one say which quarter of the doubling it is.
    const quarter = (bits >= 2 ? micros >>> (bits - 2) : micros << (2 - bits)) & 3;
    const at = bits * steps + quarter;
    this.#counts[at] = (this.#counts[at] as number) + 1;
  }

  distribution(): Distribution {
    const count = this.#count;
    const at = (share: number): number => this.#at(Math.ceil(count * share));
    return { count, mean: count === 0 ? 0 : this.#sum / count, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: this.#max };
  }

  /** The middle of the bucket that the so manieth is in. */
  #at(rank: number): number {
    if (rank === 0) return 0;
    let seen = 0;
    for (let at = 0; at < buckets; at++) {
      seen += this.#counts[at] as number;
      if (seen < rank) continue;
      const low = 2 ** Math.floor(at / steps) * (1 + (at % steps) / steps);
      const high = low + 2 ** Math.floor(at / steps) / steps;
      return Math.min(this.#max, (low + high) / 2_000);
    }
    return this.#max;
  }
}
