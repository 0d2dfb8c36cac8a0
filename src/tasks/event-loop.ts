import type { Node } from "../kernel/node.js";
import type { ExitReason } from "../kernel/reasons.js";
import type { ExitKind } from "../kernel/wire.js";
import type { Resolver } from "../kernel/work.js";
import type { Job } from "./job.js";
import { Call, moduleResolver } from "./module-reference.js";
import type { Place, PlaceFactory } from "./place.js";

const resolvers = new WeakMap<Node, Resolver>();

function resolverOf(node: Node): Resolver {
  let resolver = resolvers.get(node);
  if (resolver === undefined) resolvers.set(node, (resolver = moduleResolver()));
  return resolver;
}

/** The event loop of the supervisor's own node. */
class EventLoop implements Place {
  readonly kind = "this event loop";
  readonly parallelism = 8;
  readonly #node: Node;

  constructor(node: Node) {
    this.#node = node;
  }

  hasRoom(): boolean {
    return true;
  }

  start(job: Job): void {
    const { work } = job;
    if (work instanceof Call) job.startReference(this.#node, work.ref, resolverOf(this.#node));
    else job.startFunction(this.#node, work as (...args: never[]) => unknown);
  }

  exit(job: Job, reason: ExitReason, kind: ExitKind): void {
    if (job.process !== undefined) job.process.signalled(job.supervisor.pid, reason, kind);
    else job.finish(reason === "kill" ? "killed" : reason, undefined, false); // its module is still loading
  }

  startedAt(job: Job): number | undefined {
    return job.process?.since;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export const eventLoop: PlaceFactory = ({ node }) => new EventLoop(node);
