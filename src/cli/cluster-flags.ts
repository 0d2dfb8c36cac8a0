import { hostname } from "node:os";
import type { Command } from "commander";

/** How a cluster is joined, beside where it is. */
export interface ClusterFlags {
  readonly cluster?: string | undefined;
  readonly creds?: string | undefined;
  readonly tlsCa?: string | undefined;
}

export const addClusterFlags = (command: Command): Command =>
  command
    .option("--cluster <name>", "which cluster at these servers (default: default)")
    .option("--creds <file>", "credentials for NATS; else NATS_TOKEN, or NATS_USER and NATS_PASSWORD, are taken")
    .option("--tls-ca <file>", "encrypt the connection, and trust who signed by this certificate");

export const defaultServers = "nats://127.0.0.1:4222";

/** A name for a node that was given none, or that only runs a command. */
export const ownName = (kind: string): string => `${kind}-${hostname().replace(/[^A-Za-z0-9_-]/g, "-")}-${process.pid}`;
