import type { Ref } from "../kernel/ids.js";
import type { Process } from "../kernel/process.js";
import { produce } from "../kernel/produce.js";
import type { ExitReason } from "../kernel/reasons.js";
import type { SpawnOptions, Tidings } from "../kernel/wire.js";
import type { Around } from "../kernel/work.js";
import type { Crew } from "./crew.js";
import { type Client, Job, type TaskWork } from "./job.js";

/** Whoever reads a stream, as its task sees it. */
export interface StreamSink {
  /** A value arrived. */
  yielded(value: unknown): void;
  /** Nothing arrives after this. `value` is what the generator returned, when the reason is `"normal"`. */
  settled(reason: ExitReason, value: unknown): void;
}

export interface StreamJobOptions {
  readonly owner: Process | undefined;
  readonly buffer: number;
  readonly timeout: number | undefined;
  readonly label: string | undefined;
  readonly onProgress: ((value: unknown) => void) | undefined;
}

/** The task of a stream: what its function yields goes to the sink, and no more of it than there is room for. */
export class StreamJob extends Job {
  readonly options = undefined;
  readonly #sink: StreamSink;
  readonly #options: StreamJobOptions;
  /** What takes how many more values are wanted. */
  #more: Ref | undefined = undefined;
  /** Its outcome has been told, or nobody reads any more. */
  #over = false;

  constructor(crew: Crew, work: TaskWork, sink: StreamSink, options: StreamJobOptions) {
    super(crew, work, options.owner?.chain ?? [], options.label);
    this.#sink = sink;
    this.#options = options;
    if (options.onProgress !== undefined) this.onProgress = options.onProgress;
  }

  get client(): Client {
    return this.#options.owner ?? this.supervisor;
  }

  override get limit(): number | undefined {
    return this.#options.timeout;
  }

  // ——— At its place: elsewhere, the same is done by what `stream` asks for ———

  override get around(): Around {
    const around = super.around;
    return (self, run) => {
      const work = (): unknown => produce(self, run(), this.#options.buffer);
      return around === undefined ? work() : around(self, work);
    };
  }

  override get spawnOptions(): SpawnOptions {
    return { ...super.spawnOptions, stream: this.#options.buffer };
  }

  // ——— What comes of it ———

  override told(what: Tidings, value: unknown): void {
    if (what === "progress") super.told(what, value);
    else if (what === "more") this.#more = value as Ref;
    else if (!this.#over) this.#sink.yielded(value);
  }

  /** So many values have been taken: there is room for as many. */
  wants(count: number): void {
    if (this.#more !== undefined) this.supervisor.node.send(this.#more, count);
  }

  protected settled(reason: ExitReason, value: unknown): void {
    this.#over = true;
    // There is none when the task has exited with "normal" itself.
    this.#sink.settled(reason, (value as [unknown] | undefined)?.[0]);
  }

  /** Nobody reads any more. Resolves when it has ended and its place is free. */
  async leave(): Promise<void> {
    this.#over = true;
    this.forget();
    this.stop(this.supervisor.shutdown);
    await this.whenReleased();
  }
}
