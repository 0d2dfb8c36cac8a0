/** Counts restarts within a window of time; too many mean that restarting does not help. */
export class RestartIntensity {
  #times: number[] = [];

  constructor(
    readonly maxRestarts: number,
    /** In milliseconds. */
    readonly window: number,
  ) {}

  /** One more restart at this time. Answers false when it is one too many. */
  allow(now: number): boolean {
    this.#times = this.#times.filter((time) => now - time < this.window);
    this.#times.push(now);
    return this.#times.length <= this.maxRestarts;
  }
}
