export type {
  Backoff,
  ChildClass,
  ChildId,
  ChildLike,
  ChildShutdown,
  ChildSpec,
  ChildType,
  RunFunction,
  RunSpec,
  ServiceSpec,
  StartChild,
  Started,
} from "./child-spec.js";
export type { ChildCounts, ChildInfo } from "./children.js";
export { DynamicSupervisor } from "./dynamic-supervisor.js";
export { AlreadyPresent, AlreadyStarted, ChildNotFound, ChildRunning, CyclicTree, DuplicateChild, StartFailed } from "./errors.js";
export type { AutoShutdown, Strategy } from "./machine-events.js";
export { type PartitionKey, type PartitionOptions, PartitionSupervisor } from "./partition-supervisor.js";
export type { Restart } from "./restarts.js";
export { Supervisor } from "./supervisor.js";
export type { DynamicSupervisorOptions, SupervisorOptions } from "./supervisor-options.js";
export type { SupervisorAddress } from "./supervisor-request.js";
