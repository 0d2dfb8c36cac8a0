import type { ExitReason } from "../kernel/reasons.js";
import type { SpawnOptions } from "../kernel/wire.js";
import type { Crew } from "./crew.js";
import type { Fan } from "./fan.js";
import { type Client, Job, type TaskWork } from "./job.js";
import type { TaskOptions } from "./task-options.js";

/** One task of a fan, from its spec to its end, all attempts included. */
export class FanTask extends Job {
  declare readonly index: number;
  /** How many times it has been started. */
  attempts = 0;
  /** Of a durable run: the how manieth start this is, those included that came to nothing. */
  launch = 0;
  /** Neighbours among the tasks of its fan that have not ended. */
  before: FanTask | null = null;
  after: FanTask | null = null;
  /** When the retry that it waits for is due. */
  retryTimer: unknown = undefined;
  /** When it began in an earlier program, in milliseconds since the epoch. */
  declare keptStart?: number | undefined;
  readonly #fan: Fan<never>;
  declare readonly options: TaskOptions | undefined;

  constructor(fan: Fan<never>, crew: Crew, work: TaskWork, index: number, options: TaskOptions | undefined) {
    super(crew, work, fan.options.callers, options?.label);
    this.#fan = fan;
    this.index = index;
    this.options = options;
  }

  get client(): Client {
    return this.#fan;
  }

  override get limit(): number | undefined {
    return this.options?.timeout ?? this.#fan.options.taskTimeout;
  }

  override get spawnOptions(): SpawnOptions | undefined {
    const { journal } = this.#fan.options;
    const options = this.label === undefined ? this.#fan.spawnOptions : super.spawnOptions;
    if (journal === undefined) return options;
    const { index, launch, attempts } = this;
    return { ...options, durable: { run: journal.run, index, launch, attempts } };
  }

  override handed(): void {
    this.#fan.options.journal?.begins(this);
  }

  override get startedAt(): number | undefined {
    return this.keptStart ?? super.startedAt;
  }

  again(): void {
    this.keptStart &&= undefined;
    this.reset();
  }

  protected settled(reason: ExitReason, value: unknown): void {
    this.#fan.ended(this, reason, value);
  }
}
