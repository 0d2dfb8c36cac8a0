import type { Connection } from "../../kernel/connection.js";
import type { SpawnId } from "../../kernel/wire.js";
import type { Guest } from "./guest.js";

/** Who runs here under supervisors of this node, by the node that asked for it and the number that it gave it. */
export class Guests {
  readonly #all = new Map<Connection, Map<SpawnId, Guest>>();

  add(guest: Guest): void {
    if (guest.asker === undefined) return;
    const { connection, id } = guest.asker;
    let all = this.#all.get(connection);
    if (all === undefined) this.#all.set(connection, (all = new Map<SpawnId, Guest>()));
    all.set(id, guest);
  }

  get(connection: Connection, id: SpawnId): Guest | undefined {
    return this.#all.get(connection)?.get(id);
  }

  delete(guest: Guest): void {
    if (guest.asker === undefined) return;
    const { connection, id } = guest.asker;
    const all = this.#all.get(connection);
    if (all?.get(id) === guest) all.delete(id);
  }

  /** The node that asked is gone. */
  lost(connection: Connection): void {
    const all = this.#all.get(connection);
    this.#all.delete(connection);
    for (const guest of all?.values() ?? []) guest.lost(connection);
  }
}
