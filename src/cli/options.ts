import { resolve } from "node:path";
import type { Halt } from "./halt.js";
import type { Format } from "./input/formats.js";
import type { Source } from "./input/open-inputs.js";
import type { ClusterFlags } from "./cluster-flags.js";
import type { Place } from "./place.js";
import { type Target, parseRegistered, parseTarget } from "./target.js";
import { UsageError } from "./usage-error.js";

/** Everything that `taskward run` was asked to do. */
export interface RunOptions {
  readonly target: Target;
  readonly source: Source;
  readonly on: Place;
  /** Milliseconds, as all times here. */
  readonly timeout: number | undefined;
  readonly taskTimeout: number | undefined;
  readonly onTimeout: OnTimeout;
  readonly concurrency: number | undefined;
  /** In megabytes. */
  readonly maxHeap: number | undefined;
  readonly retries: number;
  readonly backoff: number;
  readonly keepOrder: boolean;
  readonly joblog: string | undefined;
  readonly resume: boolean;
  readonly halt: Halt;
  readonly skipBadInput: boolean;
  /** How the cluster is joined that the tasks run on, where they do. */
  readonly cluster: ClusterFlags;
}

export const onTimeouts = ["shutdown", "kill", "keep"] as const;
export type OnTimeout = (typeof onTimeouts)[number];

/** The options one by one, each already read, before anybody asked whether they go together. */
export interface Flags extends ClusterFlags {
  readonly input?: string;
  readonly format?: Format;
  readonly glob?: readonly string[];
  readonly on: Place;
  readonly timeout?: number;
  readonly taskTimeout?: number;
  readonly onTimeout: OnTimeout;
  readonly concurrency?: number;
  readonly maxHeap?: number;
  readonly retries: number;
  readonly backoff: number;
  readonly keepOrder?: boolean;
  readonly joblog?: string;
  readonly resume?: boolean;
  readonly halt: Halt;
  readonly skipBadInput?: boolean;
}

/** Checks what the options mean together. `values` are the arguments after `--`, undefined when there was none. */
export function runOptions(target: string, flags: Flags, values: readonly string[] | undefined, directory: string): RunOptions {
  if (flags.resume && flags.joblog === undefined) throw new UsageError("--resume needs --joblog FILE: it reads there what has been done");
  if (flags.joblog !== undefined && flags.input !== undefined && resolve(directory, flags.joblog) === resolve(directory, flags.input)) {
    throw new UsageError(`--joblog ${flags.joblog} would overwrite the input; give it a file of its own`);
  }
  if (flags.maxHeap !== undefined && flags.on.kind === "cluster") {
    throw new UsageError("--max-heap is for threads and processes; the nodes of a cluster have been started by others");
  }
  if (flags.on.kind !== "cluster" && (flags.cluster ?? flags.creds ?? flags.tlsCa) !== undefined) {
    throw new UsageError("--cluster, --creds and --tls-ca are for --on nats://server:4222#group");
  }
  if (flags.maxHeap !== undefined && flags.on.kind === "here") {
    throw new UsageError("--max-heap is for threads and processes; with --on here, say NODE_OPTIONS=--max-old-space-size=MB");
  }
  return {
    source: sourceOf(flags, values),
    target: flags.on.kind === "cluster" ? parseRegistered(target) : parseTarget(target, directory),
    on: flags.on,
    timeout: flags.timeout,
    taskTimeout: flags.taskTimeout,
    onTimeout: flags.onTimeout,
    concurrency: flags.concurrency,
    maxHeap: flags.maxHeap,
    retries: flags.retries,
    backoff: flags.backoff,
    keepOrder: flags.keepOrder ?? false,
    joblog: flags.joblog,
    resume: flags.resume ?? false,
    halt: flags.halt,
    skipBadInput: flags.skipBadInput ?? false,
    cluster: { cluster: flags.cluster, creds: flags.creds, tlsCa: flags.tlsCa },
  };
}

function sourceOf({ input, format, glob }: Flags, values: readonly string[] | undefined): Source {
  const given = [input !== undefined && "--input", glob !== undefined && "--glob", values !== undefined && "arguments after --"].filter(Boolean);
  if (given.length > 1) throw new UsageError(`inputs come from one place; here are ${given.join(" and ")}`);
  if (format !== undefined && input === undefined) throw new UsageError("--format says how --input is read; there is no --input");
  if (input !== undefined) return { kind: "file", path: input, format };
  if (glob !== undefined) return { kind: "glob", patterns: glob };
  if (values !== undefined) return { kind: "arguments", values };
  throw new UsageError("there are no inputs; say --input FILE, --input - for standard input, --glob PATTERN, or -- and the inputs");
}
