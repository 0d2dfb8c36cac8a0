import { JetStreamApiError, type JetStreamClient, type JetStreamManager, StorageType, jetstream } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { LoadFailed } from "../../../kernel/errors.js";
import type { Entry, Log, LogSettings } from "./log.js";

/** What JetStream answers: another entry has come before; there is a stream of this name, with other settings; there is no such entry. */
const wrongLast = 10071;
const nameInUse = 10058;
const noEntry = 10037;

const isAnswer = (error: unknown, code: number): boolean => error instanceof JetStreamApiError && error.code === code;

/** Asking again would bring the same. */
const isFinal = (error: unknown): boolean =>
  (error instanceof JetStreamApiError && error.status < 500) || (error as Error).name === "PermissionViolationError";

/** How long an answer may take, and how long after that it is tried again: in milliseconds. */
const timeout = 5_000;
const pause = 250;

/** How many bytes of an entry are for its subject and what JetStream says of it. */
const overhead = 1_024;

/** The log in a stream of JetStream, which is made when there is none. @throws LoadFailed where there is no JetStream; what its client throws */
export async function natsLog(connection: NatsConnection, settings: LogSettings, onTrouble: (error: unknown) => void): Promise<Log> {
  const client = jetstream(connection, { timeout });
  try {
    const manager = await client.jetstreamManager(false);
    const { name, subjects, keep, replicas } = settings;
    try {
      await manager.streams.add({ name, subjects: [subjects], storage: StorageType.File, max_age: keep * 1_000_000, num_replicas: replicas });
    } catch (error) {
      if (!isAnswer(error, nameInUse)) throw error; // whoever made it has said how
    }
    return new NatsLog(connection, client, manager, name, onTrouble);
  } catch (error) {
    if ((error as Error).name !== "JetStreamNotEnabled") throw error;
    throw new LoadFailed("durable runs are kept by JetStream, which this NATS server does not have: start it with nats-server -js", { cause: error });
  }
}

class NatsLog implements Log {
  readonly #connection: NatsConnection;
  readonly #client: JetStreamClient;
  readonly #manager: JetStreamManager;
  readonly #name: string;
  readonly #onTrouble: (error: unknown) => void;

  constructor(connection: NatsConnection, client: JetStreamClient, manager: JetStreamManager, name: string, onTrouble: (error: unknown) => void) {
    this.#connection = connection;
    this.#client = client;
    this.#manager = manager;
    this.#name = name;
    this.#onTrouble = onTrouble;
  }

  get maxPayload(): number {
    return (this.#connection.info?.max_payload ?? 1_048_576) - overhead;
  }

  append(subject: string, payload: Uint8Array, last?: number): Promise<number> {
    return this.#persist(async () => {
      try {
        const { seq } = await this.#client.publish(subject, payload, last === undefined ? {} : { expect: { lastSubjectSequence: last } });
        return seq;
      } catch (error) {
        if (isAnswer(error, wrongLast)) return 0;
        throw error;
      }
    });
  }

  last(subject: string): Promise<Entry | undefined> {
    return this.#persist(async () => {
      try {
        const found = await this.#manager.streams.getMessage(this.#name, { last_by_subj: subject });
        return found === null ? undefined : { subject, number: found.seq, payload: found.data };
      } catch (error) {
        if (isAnswer(error, noEntry)) return undefined;
        throw error;
      }
    });
  }

  async read(pattern: string, take: (entry: Entry) => void): Promise<void> {
    const consumer = await this.#client.consumers.get(this.#name, { filter_subjects: pattern });
    let left = (await consumer.info(true)).num_pending;
    while (left > 0) {
      const before = left;
      for await (const { subject, seq, data, info } of await consumer.fetch({ max_messages: 1_000, expires: timeout })) {
        take({ subject, number: seq, payload: data });
        left = info.pending;
        if (left === 0) break;
      }
      // The way may have broken, or what was left has been removed.
      if (left === before) left = (await consumer.info()).num_pending;
    }
  }

  async purge(pattern: string): Promise<void> {
    await this.#manager.streams.purge(this.#name, { filter: pattern });
  }

  /** Servers come back: what has no answer, or none that is final, is asked again. */
  async #persist<T>(attempt: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await attempt();
      } catch (error) {
        if (this.#connection.isClosed() || isFinal(error)) throw error;
        if (tries === 4) this.#onTrouble(error);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }
}
