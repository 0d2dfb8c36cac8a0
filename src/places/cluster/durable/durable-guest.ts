import type { Connection } from "../../../kernel/connection.js";
import type { ExitReason } from "../../../kernel/reasons.js";
import type { DurableKey, SpawnId, SpawnOptions } from "../../../kernel/wire.js";
import type { Crew } from "../../../tasks/crew.js";
import type { TaskWork } from "../../../tasks/job.js";
import { Guest } from "../guest.js";
import { type Kept, begunElsewhere } from "./kept.js";
import type { RunLog } from "./run-log.js";

/** A task of a durable run: it outlives whoever asked for it, and its end is written down before anybody is told. */
export class DurableGuest extends Guest {
  readonly key: DurableKey;
  readonly #node: string;
  readonly #name: string;
  readonly #log: RunLog;
  readonly #over: (guest: DurableGuest) => void;
  /** It was stopped before it began. */
  #stopped: { readonly reason: ExitReason } | undefined = undefined;

  constructor(
    crew: Crew,
    work: TaskWork,
    connection: Connection,
    id: SpawnId,
    given: SpawnOptions & { readonly durable: DurableKey },
    rest: { readonly node: string; readonly name: string; readonly log: RunLog; readonly over: (guest: DurableGuest) => void },
  ) {
    super(crew, work, connection, id, given);
    this.key = given.durable;
    this.#node = rest.node;
    this.#name = rest.name;
    this.#log = rest.log;
    this.#over = rest.over;
  }

  /** Starts it, when nobody else has. */
  async begin(): Promise<void> {
    const { attempts } = this.key;
    try {
      if (!(await this.#log.begin(this.key, { node: this.#node, attempts, runs: this.#name }))) this.#begunBefore(await this.#log.look(this.key));
      else if (this.#stopped === undefined) this.#submit();
      else this.settled(this.#stopped.reason, undefined);
    } catch (error) {
      this.#tell(error, undefined); // nothing can be written down
    }
  }

  /** It is known whose it is: what its supervisor refuses has ended. */
  #submit(): void {
    try {
      this.supervisor.submit(this);
    } catch (error) {
      this.settled(error, undefined);
    }
  }

  #begunBefore(kept: Kept | undefined): void {
    if (kept?.state === "ended") {
      this.duration = kept.duration;
      this.#tell(kept.reason, kept.value);
    } else {
      // What this node itself has begun, and does not have, is lost.
      this.#tell(kept?.state === "begun" && kept.node === this.#node ? "noconnection" : begunElsewhere, undefined);
    }
  }

  override exitWith(reason: ExitReason, brutally: boolean, asks: boolean): void {
    if (this.state === "new") this.#stopped ??= { reason: brutally ? "killed" : reason };
    else super.exitWith(reason, brutally, asks);
  }

  /** Nobody is there to be told any more; it goes on. */
  override lost(connection: Connection): void {
    this.forsakes(connection);
  }

  protected override settled(reason: ExitReason, value: unknown): void {
    const { attempts } = this.key;
    const { pid, startedAt, duration } = this;
    const place = this.place ?? this.#node;
    this.#log.end(this.key, reason, value, { attempts, runs: this.#name, pid, place, startedAt, duration }).then(
      (end) => {
        this.#tell(end.reason, end.value);
      },
      () => {
        this.#tell(reason, value); // it could not be written down
      },
    );
  }

  #tell(reason: ExitReason, value: unknown): void {
    this.#over(this);
    super.settled(reason, value);
  }
}
