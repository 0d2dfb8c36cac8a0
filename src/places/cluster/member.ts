import type { Connection } from "../../kernel/connection.js";
import type { ClusterWire } from "./cluster-wire.js";
import type { NodeInfo } from "./node-info.js";
import type { Presence } from "./presence.js";

/** Another node of the cluster, with the way to it. */
export class Member {
  wire: ClusterWire | undefined = undefined;
  connection: Connection | undefined = undefined;
  /** How many tasks it had that were not from here, when it last told. */
  #others = 0;

  constructor(
    /** `b` of `b~k3`. */
    readonly bare: string,
    /** `b~k3`. */
    readonly name: string,
    public presence: Presence,
    /** When it last told of itself, in milliseconds since the epoch. */
    public heardAt: number,
  ) {}

  /** It tells of itself. */
  tells(presence: Presence, now: number): void {
    this.presence = presence;
    this.heardAt = now;
    this.#others = Math.max(0, presence.load - this.given);
  }

  /** How many tasks it has been given from here. */
  get given(): number {
    return this.connection?.spawnCount ?? 0;
  }

  get isThere(): boolean {
    return this.connection !== undefined && !this.presence.draining;
  }

  /** It takes another task. Where others keep it busy, one from here may wait there. */
  get hasRoom(): boolean {
    const { capacity } = this.presence;
    return this.isThere && this.given < Math.max(capacity - this.#others, Math.min(1, capacity));
  }

  /** How busy it is: 1 when all that it runs at once is taken. */
  get busy(): number {
    return (this.given + this.#others) / Math.max(1, this.presence.capacity);
  }

  get info(): NodeInfo {
    const { groups, capacity, load, draining } = this.presence;
    return { name: this.bare, incarnation: this.name, groups, capacity, load: Math.max(load, this.given), draining };
  }
}
