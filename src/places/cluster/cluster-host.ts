import type { Connection, SpawnHost } from "../../kernel/connection.js";
import { SupervisorDown } from "../../kernel/errors.js";
import type { Pid } from "../../kernel/ids.js";
import { LocalHost } from "../../kernel/local-host.js";
import type { Node } from "../../kernel/node.js";
import type { ExitReason } from "../../kernel/reasons.js";
import { ExitKind, type FunctionRef, type SpawnId, type SpawnOptions } from "../../kernel/wire.js";
import { Crew } from "../../tasks/crew.js";
import type { Registered } from "./functions.js";
import { Guest } from "./guest.js";

/** Runs what other nodes of the cluster ask for: on this event loop, or under a supervisor of this node that they name. */
export class ClusterHost implements SpawnHost {
  readonly #node: Node;
  readonly #registered: Registered;
  readonly #local: LocalHost;
  readonly #guests = new Map<Connection, Map<SpawnId, Guest>>();

  constructor(node: Node, registered: Registered, concurrency: number) {
    this.#node = node;
    this.#registered = registered;
    this.#local = new LocalHost(node, registered.resolve, { concurrency });
  }

  /** How many tasks of others it has on this event loop, those included that wait. What supervisors have is their own business. */
  get load(): number {
    return this.#local.load;
  }

  spawn(connection: Connection, id: SpawnId, ref: FunctionRef, args: readonly unknown[], options: SpawnOptions | undefined): void {
    if (options?.under === undefined) this.#local.spawn(connection, id, ref, args, options);
    else {
      try {
        this.#submit(options.under, connection, id, ref, args, options);
      } catch (error) {
        connection.spawnDown(id, error, undefined, 0, false);
      }
    }
  }

  #submit(name: string, connection: Connection, id: SpawnId, ref: FunctionRef, args: readonly unknown[], options: SpawnOptions): void {
    const crew = Crew.at(this.#node, name);
    if (crew === undefined) throw new SupervisorDown(`${name} on node ${this.#node.bareName}`, "noproc");
    const guest = new Guest(crew, crew.checked(this.#registered.work(ref, args), "work"), connection, id, options);
    crew.submit(guest);
    let guests = this.#guests.get(connection);
    if (guests === undefined) this.#guests.set(connection, (guests = new Map<SpawnId, Guest>()));
    guests.set(id, guest);
    const all = guests;
    void guest.whenReleased().then(() => all.get(id) === guest && all.delete(id));
  }

  exit(connection: Connection, id: SpawnId, from: Pid, reason: ExitReason, kind: ExitKind): void {
    const guest = this.#guests.get(connection)?.get(id);
    if (guest === undefined) this.#local.exit(connection, id, from, reason, kind);
    else if (reason === "kill" && kind === ExitKind.signal) guest.stop("brutal_kill");
    else if (kind === ExitKind.ask)
      guest.stop(Infinity, reason); // whoever asks kills it when its time is up
    else guest.exit(reason);
  }

  /** What ran for a node that is gone is ended; what it had given to a supervisor of this one runs on, and nobody is told. */
  lost(connection: Connection): void {
    for (const guest of this.#guests.get(connection)?.values() ?? []) guest.forget();
    this.#guests.delete(connection);
    this.#local.lost(connection);
  }
}
