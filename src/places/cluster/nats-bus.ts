import {
  type Authenticator,
  type ConnectionOptions,
  type NatsConnection,
  connect,
  credsAuthenticator,
  nkeyAuthenticator,
} from "@nats-io/transport-node";
import type { Bus } from "./bus.js";
import type { Credentials, Tls } from "./credentials.js";
import { loadClient } from "./load-client.js";
import type { Log, LogSettings } from "./durable/log.js";

export interface NatsOptions {
  readonly servers: readonly string[];
  readonly credentials: Credentials | undefined;
  readonly tls: Tls | undefined;
  /** What the servers show of it in their logs. */
  readonly name: string;
  /** Where servers answer it. */
  readonly inbox: string;
  /** How many milliseconds may pass until a server that says nothing counts as gone. */
  readonly tick: number;
  /** How many milliseconds the first connection may take. */
  readonly timeout: number;
}

const bytes = (text: string | Uint8Array): Uint8Array => (typeof text === "string" ? Buffer.from(text) : text);

function authentication(credentials: Credentials | undefined): Partial<ConnectionOptions> {
  if (credentials === undefined) return {};
  const by = (authenticator: Authenticator): Partial<ConnectionOptions> => ({ authenticator });
  if ("nkey" in credentials) return by(nkeyAuthenticator(bytes(credentials.nkey)));
  if ("creds" in credentials) return by(credsAuthenticator(bytes(credentials.creds)));
  return { ...credentials };
}

/** Milliseconds between attempts to reach a server again. */
const reconnectWait = 100;

/** A connection to NATS. @throws what its client throws: no server is there, credentials are refused */
export async function natsBus({ servers, credentials, tls, name, inbox, tick, timeout }: NatsOptions): Promise<Bus> {
  const connection = await connect({
    servers: [...servers],
    name,
    timeout,
    ...authentication(credentials),
    ...(tls === undefined ? {} : { tls: { ...tls } }),
    inboxPrefix: inbox,
    noEcho: true,
    reconnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: reconnectWait,
    reconnectJitter: reconnectWait / 2,
    reconnectJitterTLS: reconnectWait / 2,
    pingInterval: Math.max(500, tick / 2),
    maxPingOut: 2,
  });
  return new NatsBus(connection);
}

class NatsBus implements Bus {
  readonly #connection: NatsConnection;
  interrupted: () => void = () => undefined;
  restored: () => void = () => undefined;
  refused: (error: unknown) => void = () => undefined;
  failed: (error: unknown) => void = () => undefined;

  constructor(connection: NatsConnection) {
    this.#connection = connection;
    void this.#listen();
    void connection.closed().then((error) => {
      if (error !== undefined) this.failed(error);
    });
  }

  async #listen(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === "disconnect") this.interrupted();
      else if (status.type === "reconnect") this.restored();
      else if (status.type === "error") this.refused(status.error);
    }
  }

  get maxPayload(): number {
    return this.#connection.info?.max_payload ?? 1_048_576;
  }

  publish(subject: string, payload: Uint8Array, reply?: string): void {
    if (this.#connection.isClosed()) return;
    this.#connection.publish(subject, payload, reply === undefined ? undefined : { reply });
  }

  subscribe(pattern: string, take: (subject: string, payload: Uint8Array | "nobody", reply: string | undefined) => void): void {
    this.#connection.subscribe(pattern, {
      callback: (error, { subject, data, headers, reply }) => {
        if (error !== null) this.refused(error);
        else take(subject, headers?.code === 503 && data.length === 0 ? "nobody" : data, reply);
      },
    });
  }

  async log(settings: LogSettings, onTrouble: (error: unknown) => void): Promise<Log> {
    const { natsLog } = await loadClient(() => import("./durable/nats-log.js"), "@nats-io/jetstream", "durable runs need NATS' JetStream client");
    return natsLog(this.#connection, settings, onTrouble);
  }

  flush(): Promise<void> {
    return this.#connection.flush();
  }

  async close(): Promise<void> {
    this.failed = () => undefined;
    await this.#connection.close();
  }
}
