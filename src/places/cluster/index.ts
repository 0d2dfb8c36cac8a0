export { Cluster } from "./cluster.js";
export type { Functions } from "./functions.js";
export { type ClusterOptions, joinCluster } from "./join.js";
export type { Credentials } from "./nats-bus.js";
export type { NodeEvent, NodeInfo } from "./node-info.js";
