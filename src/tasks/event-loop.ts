import { entryOf } from "../kernel/entry-of.js";
import type { Node } from "../kernel/node.js";
import type { ExitReason } from "../kernel/reasons.js";
import type { Self } from "../kernel/self.js";
import type { ExitKind, FunctionRef } from "../kernel/wire.js";
import type { Resolved, Resolver } from "../kernel/work.js";
import type { Job } from "./job.js";
import { Call, moduleResolver } from "./module-reference.js";
import type { Place, PlaceFactory } from "./place.js";

const resolvers = new WeakMap<Node, Resolver>();

const resolverOf = (node: Node): Resolver => entryOf(resolvers, node, () => moduleResolver());

/** Runs a module's function within a process that is there already. */
export function callWithin(self: Self, { ref, args }: Call): unknown {
  const run = ({ fn, takesSelf }: Resolved): unknown => fn(...((takesSelf ? [self, ...args] : args) as never[]));
  const resolved = resolverOf(self.node)(ref);
  return resolved instanceof Promise ? resolved.then(run) : run(resolved);
}

/** The event loop of the supervisor's own node. */
class EventLoop implements Place {
  readonly kind = "this event loop";
  readonly parallelism = 8;
  readonly #node: Node;
  /** When jobs began to load their modules. */
  readonly #loading = new WeakMap<Job, number>();

  constructor(node: Node) {
    this.#node = node;
  }

  hasRoom(): boolean {
    return true;
  }

  start(job: Job): void {
    const { work } = job;
    if (work instanceof Call) job.startReference(this.#node, work.ref, (ref) => this.#resolve(job, ref));
    else job.startFunction(this.#node, work as (...args: never[]) => unknown);
  }

  /** A module that is slow to load may be there after its job's time was up, and when the job is on its next attempt. */
  #resolve(job: Job, ref: FunctionRef): Resolved | Promise<Resolved> {
    const resolved = resolverOf(this.#node)(ref);
    if (!(resolved instanceof Promise)) return resolved;
    const { turn } = job;
    this.#loading.set(job, this.#node.clock.coarse());
    return new Promise((resolve, reject) => {
      resolved.then(
        (found) => {
          if (job.turn === turn) resolve(found);
        },
        (error: unknown) => {
          if (job.turn === turn) reject(error as Error);
        },
      );
    });
  }

  exit(job: Job, reason: ExitReason, kind: ExitKind): void {
    if (job.process !== undefined) job.process.signalled(job.supervisor.pid, reason, kind);
    else job.finish(reason === "kill" ? "killed" : reason, undefined, false); // its module is still loading
  }

  startedAt(job: Job): number | undefined {
    return job.process?.since ?? this.#loading.get(job);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export const eventLoop: PlaceFactory = ({ node }) => new EventLoop(node);
