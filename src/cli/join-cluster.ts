import { readFileSync } from "node:fs";
import { type Cluster, type ClusterOptions, type Credentials, joinCluster } from "../places/cluster/index.js";
import type { ClusterFlags } from "./cluster-flags.js";
import { explain } from "./explain.js";
import { UsageError } from "./usage-error.js";

/** Joins the cluster, or says why not in one line. @throws UsageError */
export async function join(servers: string, flags: ClusterFlags, options: ClusterOptions): Promise<Cluster> {
  const { cluster, tlsCa } = flags;
  const credentials = credentialsOf(flags);
  try {
    return await joinCluster({
      ...options,
      servers: servers.split(","),
      ...(cluster === undefined ? {} : { cluster }),
      ...(credentials === undefined ? {} : { credentials }),
      ...(tlsCa === undefined ? {} : { tls: { caFile: tlsCa } }),
    });
  } catch (error) {
    throw new UsageError(`the cluster at ${servers} cannot be joined: ${explain(error)}`);
  }
}

/** Secrets are not for the command line, where others can read them. */
function credentialsOf({ creds }: ClusterFlags): Credentials | undefined {
  const { NATS_TOKEN: token, NATS_USER: user, NATS_PASSWORD: pass } = process.env;
  if (creds !== undefined) {
    try {
      return { creds: readFileSync(creds, "utf8") };
    } catch (error) {
      throw new UsageError(`--creds ${creds} cannot be read: ${explain(error)}`);
    }
  }
  if (token !== undefined) return { token };
  return user === undefined ? undefined : { user, ...(pass === undefined ? {} : { pass }) };
}
