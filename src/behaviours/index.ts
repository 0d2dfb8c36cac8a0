export type { StartChild, Started } from "./child-spec.js";
export { AlreadyRegistered, StartFailed } from "./errors.js";
export { type Registered, type RegisteredKey, Registry, type RegistryOptions } from "./registry/registry.js";
export type { RegistryEvent } from "./registry/server.js";
export { type CrashLogger, logReporter, type LogReporterOptions, silentReporter } from "./reporters.js";
