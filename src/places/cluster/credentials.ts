/** What a node shows NATS to be let in: one of these. */
export type Credentials =
  | { readonly user: string; readonly pass?: string }
  | { readonly token: string }
  /** The seed of an nkey. */
  | { readonly nkey: string | Uint8Array }
  /** The text of a creds file. */
  | { readonly creds: string | Uint8Array };

/** How the connection to NATS is encrypted: `{}` for what the system trusts. */
export interface Tls {
  /** Who is trusted, and the node's own certificate and its key: as text, or as files. */
  readonly ca?: string;
  readonly caFile?: string;
  readonly cert?: string;
  readonly certFile?: string;
  readonly key?: string;
  readonly keyFile?: string;
  /** The server speaks TLS from the first byte on. */
  readonly handshakeFirst?: boolean;
}
