import type { Node } from "../../kernel/node.js";
import type { Log } from "./durable/log.js";
import type { Functions } from "./functions.js";

/** What a node needs to be of a cluster; checked. */
export interface MembershipSettings {
  readonly node: Node;
  /** `a` of `a~k3`, which is the node's name. */
  readonly name: string;
  readonly cluster: string;
  readonly functions: Functions;
  readonly groups: readonly string[];
  readonly concurrency: number;
  /** How many milliseconds a node may be silent before it counts as lost. */
  readonly tick: number;
  /** How many bytes signals that leave together may have. */
  readonly maxMessage: number;
  /** Opens what durable runs are kept in. */
  readonly log: () => Promise<Log>;
}
