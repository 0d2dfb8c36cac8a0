import type { Log, LogSettings } from "./durable/log.js";

/** What carries the messages of a cluster, by subjects: NATS, or what takes its place in a simulation. */
export interface Bus {
  /** How many bytes a message may have. */
  readonly maxPayload: number;
  /** Sends a message to whoever listens. Where nobody does, whoever gave a `reply` that it listens to is told, by a message without payload at that subject. */
  publish(subject: string, payload: Uint8Array, reply?: string): void;
  /** Has messages brought; `nobody` stands for the answer that nobody listens. */
  subscribe(pattern: string, take: (subject: string, payload: Uint8Array | "nobody", reply: string | undefined) => void): void;
  /** Opens the log of durable runs. @throws LoadFailed where the engine has none */
  log(settings: LogSettings, onTrouble: (error: unknown) => void): Promise<Log>;
  /** Resolves when all that was sent before has arrived at the engine. */
  flush(): Promise<void>;
  /** The way to the engine is interrupted: what was sent may be lost. */
  interrupted: () => void;
  /** It is there again. */
  restored: () => void;
  /** The engine refuses something: a subject that this node may not use, say. */
  refused: (error: unknown) => void;
  /** The way to it is over for good: credentials that are no longer valid, say. */
  failed: (error: unknown) => void;
  close(): Promise<void>;
}
