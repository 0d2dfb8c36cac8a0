/** A node of the cluster, as others see it. */
export interface NodeInfo {
  /** What it is called: `b`. */
  readonly name: string;
  /** What it is called as long as it runs, in pids: `b~k3`. One that returns is another. */
  readonly incarnation: string;
  readonly groups: readonly string[];
  /** How many tasks of others it runs at once. */
  readonly capacity: number;
  /** How many it had when it last told. */
  readonly load: number;
  /** It takes no new ones. */
  readonly draining: boolean;
}

/** A node has come or gone. */
export interface NodeEvent {
  readonly type: "up" | "down";
  readonly node: NodeInfo;
}
