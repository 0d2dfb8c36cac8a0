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

/** Where the end of a task is told, and as what. */
interface Asker {
  readonly connection: Connection;
  readonly id: SpawnId;
}

/** A task that another node has run under a supervisor of this one: its end is told there, if there is somebody left to be told. */
export class Guest extends Job {
  readonly options = undefined;
  readonly client: Client;
  readonly #given: SpawnOptions;
  /** Who is told of its end; undefined when nobody is left. */
  asker: Asker | undefined;

  constructor(supervisor: Crew, work: TaskWork, connection: Connection, id: SpawnId, given: SpawnOptions) {
    super(supervisor, work instanceof Call ? work : onLoop(work, given), given.callers ?? [], given.label);
    this.client = connection; // those of one node take their turns together
    this.asker = { connection, id };
    this.#given = given;
    if (given.progress === true) this.onProgress = () => undefined; // so that it is asked for
  }

  override get wantsPid(): boolean {
    return this.#given.announce === true;
  }

  override get spawnOptions(): SpawnOptions {
    return { ...super.spawnOptions, stream: this.#given.stream };
  }

  /** Its end is told there from now on. */
  answers(connection: Connection, id: SpawnId): void {
    this.asker = { connection, id };
    if (this.wantsPid && this.pid !== undefined) connection.announce(id, this.pid);
  }

  /** There is nobody left there who could be told. */
  protected forsakes(connection: Connection): void {
    if (this.asker?.connection === connection) this.asker = undefined;
  }

  /** The node that it is for is gone: it runs on, and what becomes of it is nobody's business. */
  lost(connection: Connection): void {
    this.forsakes(connection);
    this.forget();
  }

  /** Whoever asked for it has it end: by asking, by a signal, or without mercy. */
  exitWith(reason: ExitReason, brutally: boolean, asks: boolean): void {
    if (brutally) this.stop("brutal_kill");
    else if (asks)
      this.stop(Infinity, reason); // whoever asks kills it when its time is up
    else this.exit(reason);
  }

  protected override begun(process: Process): void {
    super.begun(process);
    if (this.wantsPid) this.asker?.connection.announce(this.asker.id, process.pid);
  }

  override announced(pid: Pid): void {
    super.announced(pid);
    this.asker?.connection.announce(this.asker.id, pid);
  }

  override told(what: Tidings, value: unknown): void {
    if (what !== "progress" || this.#given.progress === true) this.asker?.connection.tell(this.asker.id, what, value);
  }

  protected settled(reason: ExitReason, value: unknown): void {
    if (this.asker === undefined) return;
    const { connection, id } = this.asker;
    if (reason !== "normal" && this.pid !== undefined && !this.wantsPid) connection.announce(id, this.pid);
    connection.spawnDown(id, reason, value, this.duration ?? 0, false);
  }
}

/** What a function does on this event loop, with what was to go along with it. */
function onLoop(work: (self: Self) => unknown, { stream, context }: SpawnOptions): (self: Self) => unknown {
  const streamed = stream === undefined ? work : (self: Self): unknown => produce(self as Process, work(self), stream);
  const within =
    context === undefined || ambience.enter === undefined ? streamed : (self: Self): unknown => ambience.enter?.(context, () => streamed(self));
  return Object.defineProperty(within, "name", { value: work.name });
}
