import { ambience } from "../../kernel/ambience.js";
import type { Connection } from "../../kernel/connection.js";
import type { Pid } from "../../kernel/ids.js";
import type { Process } from "../../kernel/process.js";
import type { ExitReason } from "../../kernel/reasons.js";
import type { Self } from "../../kernel/self.js";
import { produce } from "../../kernel/produce.js";
import type { SpawnId, SpawnOptions, Tidings } from "../../kernel/wire.js";
import type { Crew } from "../../tasks/crew.js";
import { type Client, Job, type TaskWork } from "../../tasks/job.js";
import { Call } from "../../tasks/module-reference.js";

/** A task that another node has run under a supervisor of this one: its end is told there, if there is somebody left to be told. */
export class Guest extends Job {
  readonly options = undefined;
  readonly #connection: Connection;
  readonly #id: SpawnId;
  readonly #given: SpawnOptions;

  constructor(supervisor: Crew, work: TaskWork, connection: Connection, id: SpawnId, given: SpawnOptions) {
    super(supervisor, work instanceof Call ? work : onLoop(work, given), given.callers ?? [], given.label);
    this.#connection = connection;
    this.#id = id;
    this.#given = given;
    if (given.progress === true) this.onProgress = () => undefined; // so that it is asked for
  }

  /** Those of one node take their turns together. */
  get client(): Client {
    return this.#connection;
  }

  override get wantsPid(): boolean {
    return this.#given.announce === true;
  }

  override get spawnOptions(): SpawnOptions {
    return { ...super.spawnOptions, stream: this.#given.stream };
  }

  protected override begun(process: Process): void {
    super.begun(process);
    if (this.wantsPid) this.#connection.announce(this.#id, process.pid);
  }

  override announced(pid: Pid): void {
    super.announced(pid);
    this.#connection.announce(this.#id, pid);
  }

  override told(what: Tidings, value: unknown): void {
    if (what !== "progress" || this.#given.progress === true) this.#connection.tell(this.#id, what, value);
  }

  protected settled(reason: ExitReason, value: unknown): void {
    if (reason !== "normal" && this.pid !== undefined && !this.wantsPid) this.#connection.announce(this.#id, this.pid);
    this.#connection.spawnDown(this.#id, reason, value, this.duration ?? 0, false);
  }
}

/** What a function does on this event loop, with what was to go along with it. */
function onLoop(work: (self: Self) => unknown, { stream, context }: SpawnOptions): (self: Self) => unknown {
  const streamed = stream === undefined ? work : (self: Self): unknown => produce(self as Process, work(self), stream);
  const within =
    context === undefined || ambience.enter === undefined ? streamed : (self: Self): unknown => ambience.enter?.(context, () => streamed(self));
  return Object.defineProperty(within, "name", { value: work.name });
}
