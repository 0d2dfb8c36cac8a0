import type { Connection, SpawnHost } from "../../kernel/connection.js";
import { SupervisorDown } from "../../kernel/errors.js";
import type { Pid } from "../../kernel/ids.js";
import { LocalHost } from "../../kernel/local-host.js";
import type { Node } from "../../kernel/node.js";
import type { ExitReason } from "../../kernel/reasons.js";
import { ExitKind, type FunctionRef, type SpawnId, type SpawnOptions } from "../../kernel/wire.js";
import { Crew } from "../../tasks/crew.js";
import { DurableHost, type DurableSettings } from "./durable/durable-host.js";
import type { Registered } from "./functions.js";
import { Guest } from "./guest.js";
import { Guests } from "./guests.js";

/** Runs what other nodes of the cluster ask for: on this event loop, or under a supervisor of this node that they name. */
export class ClusterHost implements SpawnHost {
  readonly #node: Node;
  readonly #registered: Registered;
  readonly #local: LocalHost;
  readonly #durable: DurableHost;
  readonly #guests = new Guests();

  constructor(node: Node, registered: Registered, concurrency: number, durable: DurableSettings) {
    this.#node = node;
    this.#registered = registered;
    this.#local = new LocalHost(node, registered.resolve, { concurrency, asks: true });
    this.#durable = new DurableHost(node, this.#guests, durable);
  }

  /** How many tasks of others it has on this event loop, those included that wait. What supervisors have is their own business. */
  get load(): number {
    return this.#local.load + this.#durable.load;
  }

  spawn(connection: Connection, id: SpawnId, ref: FunctionRef, args: readonly unknown[], options: SpawnOptions | undefined): void {
    if (options?.under === undefined && options?.durable === undefined) this.#local.spawn(connection, id, ref, args, options);
    else {
      try {
        this.#submit(connection, id, ref, args, options);
      } catch (error) {
        connection.spawnDown(id, error, undefined, 0, false);
      }
    }
  }

  #submit(connection: Connection, id: SpawnId, ref: FunctionRef, args: readonly unknown[], options: SpawnOptions): void {
    const { under, durable } = options;
    const work = this.#registered.work(ref, args);
    if (durable !== undefined) {
      this.#durable.spawn(connection, id, work, ref.name, { ...options, durable });
      return;
    }
    const crew = Crew.at(this.#node, under as string);
    if (crew === undefined) throw new SupervisorDown(`${String(under)} on node ${this.#node.bareName}`, "noproc");
    const guest = new Guest(crew, crew.checked(work, "work"), connection, id, options);
    crew.submit(guest);
    this.#guests.add(guest);
    void guest.whenReleased().then(() => {
      this.#guests.delete(guest);
    });
  }

  exit(connection: Connection, id: SpawnId, from: Pid, reason: ExitReason, kind: ExitKind): void {
    const guest = this.#guests.get(connection, id);
    if (guest === undefined) this.#local.exit(connection, id, from, reason, kind);
    else guest.exitWith(reason, reason === "kill" && kind === ExitKind.signal, kind === ExitKind.ask);
  }

  /** What ran for a node that is gone is ended; what it had given to a supervisor of this one, or for a durable run, goes on. */
  lost(connection: Connection): void {
    this.#guests.lost(connection);
    this.#local.lost(connection);
  }

  /** This node leaves. */
  leave(): void {
    this.#durable.leave();
  }
}
