export type { StartChild, Started } from "./child-spec.js";
export { AlreadyRegistered, AlreadyReplied, CallFailed, CallTimeout, StartFailed } from "./errors.js";
export { Deferred } from "./gen-server/deferred.js";
export { type AtOptions, GenServer, type ServerChildSpec } from "./gen-server/gen-server.js";
export type { EnterOptions, ServerOptions, StartServerOptions } from "./gen-server/start.js";
export type { CallFace, CallOptions, Calls, Casts, InitArgs, NamedServer, Server, ServerClass } from "./gen-server/types.js";
export { type Registered, type RegisteredKey, Registry, type RegistryOptions } from "./registry/registry.js";
export type { RegistryEvent } from "./registry/server.js";
