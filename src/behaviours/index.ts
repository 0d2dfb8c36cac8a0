export { Application, type ApplicationOptions, type Health, startApplication } from "./application.js";
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
export { MaxChildren, NameTaken, SupervisorDown } from "../kernel/errors.js";
export {
  AlreadyPresent,
  AlreadyRegistered,
  AlreadyReplied,
  AlreadyStarted,
  CallFailed,
  CallTimeout,
  ChildNotFound,
  ChildRunning,
  CyclicTree,
  DuplicateChild,
  StartFailed,
} from "./errors.js";
export { Deferred } from "./gen-server/deferred.js";
export { type AtOptions, GenServer } from "./gen-server/gen-server.js";
export type { EnterOptions, ServerOptions, StartServerOptions } from "./gen-server/start.js";
export type { CallFace, CallOptions, Calls, Casts, InitArgs, NamedServer, Server, ServerClass } from "./gen-server/types.js";
export type { AutoShutdown, Strategy } from "./machine-events.js";
export { type PartitionKey, type PartitionOptions, PartitionSupervisor } from "./partition-supervisor.js";
export { type Registered, type RegisteredKey, Registry, type RegistryOptions } from "./registry/registry.js";
export type { RegistryEvent } from "./registry/server.js";
export { type CrashLogger, logReporter, type LogReporterOptions, silentReporter } from "./reporters.js";
export type { Restart } from "./restarts.js";
export type { DynamicSupervisorOptions, SupervisorOptions } from "./supervisor-options.js";
export type { SupervisorAddress } from "./supervisor-request.js";
export { Supervisor } from "./supervisor.js";
