/** What is kept of durable runs, entry after entry, each with a subject: a stream of JetStream, or what takes its place in a simulation. */
export interface Log {
  /** How many bytes an entry may have. */
  readonly maxPayload: number;
  /**
   * Appends an entry, however often the way to the log breaks meanwhile, and answers its number. `last` is the number that the last entry of its subject must have,
   * 0 for none: answers 0 when it has another one. @throws when the log refuses it for good, or the node has left
   */
  append(subject: string, payload: Uint8Array, last?: number): Promise<number>;
  /** The last entry of a subject, as all see it. */
  last(subject: string): Promise<Entry | undefined>;
  /** Hands over all that there is of these subjects, in order. */
  read(pattern: string, take: (entry: Entry) => void): Promise<void>;
  /** Removes all that there is of these subjects. */
  purge(pattern: string): Promise<void>;
}

export interface Entry {
  readonly subject: string;
  readonly number: number;
  readonly payload: Uint8Array;
}

/** How a log is to be made, where there is none. */
export interface LogSettings {
  readonly name: string;
  readonly subjects: string;
  /** How many milliseconds an entry is kept. */
  readonly keep: number;
  /** On how many servers. */
  readonly replicas: number;
}
