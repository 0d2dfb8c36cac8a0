export { Cluster } from "./cluster.js";
export type { Credentials, Tls } from "./credentials.js";
export type { Functions } from "./functions.js";
export type { RunOptions } from "./durable/run-archive.js";
export { type ClusterOptions, joinCluster } from "./join.js";
export type { NodeEvent, NodeInfo } from "./node-info.js";
export type { ProcessGroups } from "./process-groups.js";
