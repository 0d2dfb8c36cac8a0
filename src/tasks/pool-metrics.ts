/** How long something took, in milliseconds. The percentiles are within an eighth of what they were. */
export interface Distribution {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** A node of a pool, as `metrics` tells of it. */
export interface MemberMetrics {
  /** Such as `main/t2`. */
  readonly name: string;
  readonly state: "starting" | "idle" | "running" | "leaving";
  /** How many tasks run there. */
  readonly running: number;
  /** How many have ended there. */
  readonly ended: number;
}

/** What goes on in a supervisor's pool, and went on since it was started. */
export interface PoolMetrics {
  /** Tasks that wait. */
  readonly queued: number;
  readonly running: number;
  /** Tasks that ended with a value on a node, and those that ended there without one. */
  readonly done: number;
  readonly failed: number;
  /** From being submitted to its start, and from there to its end; of the tasks that ended. */
  readonly wait: Distribution;
  readonly run: Distribution;
  /** How much of what the pool could do at most was done since `metrics` was last called, or since the start: from 0 to 1. */
  readonly utilisation: number;
  readonly members: readonly MemberMetrics[];
}
