import type { StartChild } from "../behaviours/child-spec.js";
import { StartFailed } from "../behaviours/errors.js";
import type { GenServer } from "../behaviours/gen-server/gen-server.js";
import { ServerHandle } from "../behaviours/gen-server/server.js";
import { checkArgs } from "../behaviours/gen-server/start.js";
import type { InitArgs, Server, ServerClass } from "../behaviours/gen-server/types.js";
import { decodeReason } from "../kernel/encode-reason.js";
import { InvalidOption } from "../kernel/errors.js";
import { entryOf } from "../kernel/entry-of.js";
import { checkName, isVia } from "../kernel/ids.js";
import { type Check, anything, checkMilliseconds, checkOptions } from "../kernel/options.js";
import { type Process, checkSelf } from "../kernel/process.js";
import type { AnySelf } from "../kernel/self.js";
import { callOf } from "./module-reference.js";
import { ServerJob } from "./server-job.js";
import type { Crew } from "./crew.js";
import { TaskSupervisor } from "./supervisor.js";

/** What a server elsewhere can be started with. All are optional. */
export interface ServerOnOptions {
  /** Registered under this name on the node of its supervisor, where others find it, wherever it runs (G4). */
  readonly name?: string;
  /** What it is for, as crash reports and `children` show it. */
  readonly label?: string;
  /** Milliseconds that it may take to start, waiting for its turn included, before it is killed. Default Infinity, but not to wait for the end of other servers. */
  readonly timeout?: number;
}

/** The arguments of `init`, which may be left out when there are none, and options. */
type Given<S> = [] extends InitArgs<S> ? [args?: InitArgs<S>, options?: ServerOnOptions] : [args: InitArgs<S>, options?: ServerOnOptions];

/** A class of servers that a module exports: it can be started wherever a task can run. */
export interface ServerReference<S> {
  /**
   * Starts a server as a task of a supervisor, and resolves when its `init` is done. It counts as a running task, until it ends. Where servers have all places of the pool, it fails at once, or
   * waits for one for as long as `timeout` says.
   * @param args the arguments of its `init`: they are cloned
   * @throws StartFailed when `init` refuses or throws, the module cannot be loaded, its node dies, the name is taken, or the time is over; InvalidOption, SupervisorDown,
   *   MaxChildren (G3)
   */
  start(supervisor: TaskSupervisor, ...given: Given<S>): Promise<Server<S>>;
  /** The same, linked to the process that starts it: how a supervisor of a tree does it. @throws as `start` does */
  startLink(self: AnySelf, supervisor: TaskSupervisor, ...given: Given<S>): Promise<Server<S>>;
  /** What starts such a server as a child: `{ id: "counter", start: Counter.child(cores, [40], { name: "counter" }) }`. */
  child(supervisor: TaskSupervisor, ...given: Given<S>): StartChild;
}

type ServerOf<C> = C extends ServerClass<infer S extends GenServer> ? S : never;

/** The classes of servers that a module exports, as references. */
export type ServerReferences<M> = { readonly [K in keyof M as M[K] extends ServerClass<GenServer> ? K : never]: ServerReference<ServerOf<M[K]>> };

const checkString: Check = (option, name) => {
  checkName(option, name);
  if (isVia(name)) throw new InvalidOption(option, name, "give a string: a registry is for the processes of its own node");
};

const checks: Readonly<Record<string, Check>> = { name: checkString, label: anything, timeout: checkMilliseconds };

type Untyped = [args?: readonly unknown[], options?: ServerOnOptions];

/**
 * The classes of servers that a module exports, to be started in threads and child processes. What is started is a server like any other: called, cast, linked,
 * monitored, supervised from here, by its own pid.
 *
 * @param url where the module is, as a URL: `new URL("./counter.js", import.meta.url)`
 * @throws TypeError when `url` is no absolute URL
 * @example
 * const { Counter } = serversFrom<typeof import("./counter.js")>(new URL("./counter.js", import.meta.url));
 * await using cores = TaskSupervisor.start({ on: threads() });
 * const counter = await Counter.start(cores, [40]);
 * await counter.call.add(2); // 42
 */
export function serversFrom<M>(url: URL | string): ServerReferences<M> {
  const known = new Map<string, unknown>();
  callOf(url, "", []); // refuses what is no URL
  return new Proxy(Object.create(null) as ServerReferences<M>, {
    get(_target, name) {
      // A promise that resolves with this object asks for `then`, and would take it for a class.
      if (typeof name !== "string" || name === "then") return undefined;
      return entryOf(known, name, (): ServerReference<GenServer> => {
        const start = async (parent: Process | undefined, supervisor: TaskSupervisor, args: readonly unknown[], options: ServerOnOptions) =>
          startOn(supervisor, (entering) => callOf(url, name, [entering, ...args]), name, options, parent);
        return {
          start: async (supervisor, ...[args, options]: Untyped) => start(undefined, supervisor, ...checked(supervisor, args, options)),
          startLink: async (self, supervisor, ...[args, options]: Untyped) => {
            checkSelf("startLink(self): self", self);
            return start(self as Process, supervisor, ...checked(supervisor, args, options));
          },
          child: (supervisor, ...[args, options]: Untyped) => {
            const given = checked(supervisor, args, options);
            return (self) => start(self as Process, supervisor, ...given);
          },
        };
      });
    },
  });
}

function checked(supervisor: unknown, args: unknown = [], options: unknown = {}): [readonly unknown[], ServerOnOptions] {
  if (!(supervisor instanceof TaskSupervisor))
    throw new InvalidOption("supervisor", supervisor, "give a TaskSupervisor, whose place is where the server runs");
  checkArgs(args);
  checkOptions("server options", options as ServerOnOptions, checks);
  return [args, options as ServerOnOptions];
}

/** Other servers have, or have been promised, all that runs at the same time at a place that has an end. */
function isFullOfServers(crew: Crew, own: ServerJob): boolean {
  const { kind, parallelism } = crew.place;
  const others = crew.jobs().filter((job) => job !== own && job.state === "placed");
  const servers = others.filter((job) => job instanceof ServerJob).length;
  return kind === "this event loop" ? own.state === "queued" && servers === others.length : servers >= parallelism;
}

const noPlace = ({ place }: Crew): InvalidOption =>
  new InvalidOption(
    "supervisor",
    place.kind,
    `servers have all of its places, and keep them until they end: give its pool more (now ${place.parallelism}), or a timeout to wait for one`,
  );

/** Starts a server as a task, and waits for it to say that it has come up, or for its end. */
function startOn<S>(
  { crew }: TaskSupervisor,
  call: (entering: object) => ReturnType<typeof callOf>,
  name: string,
  options: ServerOnOptions,
  parent: Process | undefined,
): Promise<Server<S>> {
  const { node } = crew;
  const ready = node.ref();
  parent?.mustLive();
  return new Promise((resolve, reject) => {
    const job = new ServerJob(crew, crew.checked(call({ ready, parent: parent?.pid }), "server"), options.label ?? name, parent, (reason) => {
      over();
      reject(new StartFailed(job.toString(), reason));
    });
    const timer = node.clock.set(() => job.refuse("timeout"), options.timeout ?? Infinity);
    const over = (): void => {
      node.clock.clear(timer);
      node.table.delete(ready);
    };
    node.table.set(ready, {
      deliver: (message) => {
        const { $started: pid, $notStarted: reason } = message as { readonly $started?: Server<S>["pid"]; readonly $notStarted?: unknown };
        if (pid === undefined) job.refuse(decodeReason(reason));
        else {
          try {
            job.becomesReady(pid, options.name);
          } catch (error) {
            job.refuse(error);
            return;
          }
          over();
          resolve(new ServerHandle<S>(node, pid));
        }
      },
    });
    try {
      crew.submit(job);
    } catch (error) {
      over();
      reject(error as Error);
      return;
    }
    // Servers do not end by themselves: who says nothing of time would wait for ever, and a tree with it.
    if (options.timeout === undefined && isFullOfServers(crew, job)) job.refuse(noPlace(crew));
  });
}
