import { hostname } from "node:os";
import type { Reporter } from "../../kernel/crash-report.js";
import { setDefaultNode } from "../../kernel/default-node.js";
import { InvalidOption, describeReason } from "../../kernel/errors.js";
import { Node } from "../../kernel/node.js";
import { type Check, checkCount, checkFlag, checkFunction, checkKnown, checkMilliseconds, checkOptions } from "../../kernel/options.js";
import { Cluster } from "./cluster.js";
import type { Functions } from "./functions.js";
import { Membership } from "./membership.js";
import type { Bus } from "./bus.js";
import type { Credentials, Tls } from "./credentials.js";
import { RunArchive, type RunOptions } from "./durable/run-archive.js";
import { loadClient } from "./load-client.js";
import type { NatsOptions } from "./nats-bus.js";
import { ProcessGroups } from "./process-groups.js";
import { checkToken } from "./subjects.js";

/** What a node can join a cluster with. */
export interface ClusterOptions {
  /** What the node is called by the others: `{ name: "billing", node: "b" }`. No two nodes of a cluster have the same. */
  readonly name: string;
  /** Where NATS is: one address or several, `"nats://10.0.0.1:4222"`. Default `"nats://127.0.0.1:4222"`. */
  readonly servers?: string | readonly string[];
  /** The cluster's name: what different clusters at the same NATS are told apart by. Default `"default"`. */
  readonly cluster?: string;
  /** What the node shows NATS to be let in. */
  readonly credentials?: Credentials;
  /** How the connection is encrypted; `{}` for what the system trusts. */
  readonly tls?: Tls;
  /** What others may have run here, by name, and nothing else: functions, or modules that export them (N5). Default: nothing. */
  readonly functions?: Functions;
  /** The groups of nodes that it belongs to: see `cluster.group`. Default: none. */
  readonly groups?: readonly string[];
  /** How many tasks of others run here at once. Default 64: they share this event loop. */
  readonly concurrency?: number;
  /** How many milliseconds a node may be silent before it counts as lost (N1). Default 5000, at most 60000. */
  readonly tick?: number;
  /** How many bytes a message may have, in all its pieces. Default 64 MiB. */
  readonly maxMessage?: number;
  /** How many milliseconds an attempt to connect to NATS may take: the first, and those after the connection has broken. Default 2000. */
  readonly timeout?: number;
  /** How durable runs are kept. What the first node of a cluster that has one says holds for all. */
  readonly runs?: RunOptions;
  /** Whether the node becomes the one of this event loop, which serves whoever names none. Default true. */
  readonly isDefault?: boolean;
  /** Is told of every crash on the node; the default prints those that nobody else was told of. */
  readonly reporter?: Reporter;
}

const checkServers: Check = (option, servers) => {
  const all: readonly unknown[] = Array.isArray(servers) ? servers : [servers];
  if (all.length === 0 || all.some((server) => typeof server !== "string" || server === ""))
    throw new InvalidOption(option, servers, 'give the address of a NATS server, such as "nats://127.0.0.1:4222", or an array of them');
};

const checkCredentials: Check = (option, credentials) => {
  const keys = typeof credentials === "object" && credentials !== null ? Object.keys(credentials) : [];
  const kind = ["user", "token", "nkey", "creds"].filter((key) => keys.includes(key));
  if (kind.length !== 1 || keys.some((key) => key !== kind[0] && !(key === "pass" && kind[0] === "user")))
    throw new InvalidOption(option, keys, "give one of { user, pass }, { token }, { nkey } and { creds }"); // and not what is in it: that is secret
};

const checkTls: Check = (option, tls) => {
  checkKnown(option, tls as object, ["ca", "caFile", "cert", "certFile", "key", "keyFile", "handshakeFirst"]);
};

const checkGroups: Check = (option, groups) => {
  if (!Array.isArray(groups)) throw new InvalidOption(option, groups, 'give an array of names, such as ["workers"]');
  for (const group of groups) checkToken(`${option}[]`, group);
};

/** NATS would take 0 for ever. */
const checkKeep: Check = (option, value) => {
  checkCount(option, value, { least: 1_000, infinity: false });
};

const checkReplicas: Check = (option, value) => {
  checkCount(option, value, { infinity: false });
};

const checkFunctions: Check = (option, functions) => {
  if (typeof functions !== "object" || functions === null)
    throw new InvalidOption(
      option,
      functions,
      "give functions by their names, or modules that export them: { computation } or { parse: computation.parse }",
    );
};

const checks: Readonly<Record<keyof ClusterOptions, Check>> = {
  name: checkToken,
  servers: checkServers,
  cluster: checkToken,
  credentials: checkCredentials,
  tls: checkTls,
  functions: checkFunctions,
  groups: checkGroups,
  concurrency: (option, value) => checkCount(option, value, { least: 0, infinity: false }),
  tick: (option, value) => {
    checkMilliseconds(option, value, { infinity: false });
    if (value < 100 || value > 60_000) throw new InvalidOption(option, value, "give 100 to 60000 milliseconds");
  },
  maxMessage: (option, value) => checkCount(option, value, { least: 65_536, infinity: false }),
  timeout: (option, value) => checkMilliseconds(option, value, { infinity: false }),
  runs: (option, value) => {
    checkOptions(option, value as RunOptions, { keep: checkKeep, replicas: checkReplicas }, `${option}.`);
  },
  isDefault: checkFlag,
  reporter: checkFunction,
};

/** What no node of this name had before: it begins with the time, and so sorts by it. */
export const newIncarnation = (): string =>
  Date.now().toString(36) +
  Math.floor(Math.random() * 36 ** 3)
    .toString(36)
    .padStart(3, "0");

async function connectToNats(options: NatsOptions): Promise<Bus> {
  const { natsBus } = await loadClient(() => import("./nats-bus.js"), "@nats-io/transport-node", "a cluster needs NATS' client");
  return natsBus(options);
}

/**
 * Makes this program a node of a cluster, on NATS. From then on processes of other nodes can be sent to, linked and monitored like those here, and tasks be placed on
 * other nodes. The node is the one of this event loop from now on: call it before anything else is started. What was started before stays on a node of its own, which
 * nobody else knows.
 *
 * The program does not end by itself while it is of a cluster: `leave` it, or have `await using` do it.
 *
 * @throws InvalidOption; NameTaken when a node of this name is there; what NATS' client throws when no server is there, or it refuses the credentials
 * @example
 * await using cluster = await joinCluster({ name: "a", servers: "nats://127.0.0.1:4222" });
 * await using workers = TaskSupervisor.start({ on: cluster.group("workers") });
 * const runner = TaskRunner.run(inputs.map((input) => [workers, computation.run(input)]), { timeout: 5_000 });
 */
export async function joinCluster(options: ClusterOptions): Promise<Cluster> {
  checkOptions("joinCluster options", options, checks);
  const { name, servers = "nats://127.0.0.1:4222", cluster = "default", functions = {}, groups = [], concurrency = 64, tick = 5_000 } = options;
  const { maxMessage = 64 * 1_024 * 1_024, timeout = 2_000, isDefault = true, reporter, runs = {} } = options;
  checkToken("name", name); // it has no default
  const node = new Node({ name: `${name}~${newIncarnation()}`, ...(reporter === undefined ? {} : { reporter }) });
  const all = typeof servers === "string" ? [servers] : servers;
  const client = `taskward ${cluster} ${name} ${hostname()}`;
  const { credentials, tls } = options;
  const bus = await connectToNats({ servers: all, credentials, tls, name: client, inbox: `_INBOX.${name}`, tick, timeout });
  try {
    const archive = new RunArchive(bus, cluster, runs);
    const { log } = archive;
    const membership = new Membership(bus, { node, name, cluster, functions, groups: [...groups], concurrency, tick, maxMessage, log });
    archive.serve(membership);
    membership.onRefused = (from) => {
      process.emitWarning(`node ${name} refuses what node ${from} sends: it is no signal, or not one that it may send`, { code: "TASKWARD_REFUSED" });
    };
    membership.onTrouble = (error) => {
      process.emitWarning(`node ${name} has trouble with NATS: ${describeReason(error)}`, { code: "TASKWARD_NATS" });
    };
    const processGroups = new ProcessGroups(membership);
    await membership.join();
    if (isDefault) setDefaultNode(node);
    return new Cluster(membership, processGroups, archive);
  } catch (error) {
    await bus.close();
    throw error;
  }
}
