import { attempt } from "../kernel/attempt.js";
import { Exited, InvalidOption, TaskTimeout } from "../kernel/errors.js";
import { type LocalName, type Pid, type Ref, type RemoteName, isAddress, isVia, nameAddress } from "../kernel/ids.js";
import { Down } from "../kernel/messages.js";
import type { Node } from "../kernel/node.js";
import type { Process } from "../kernel/process.js";
import type { ExitReason } from "../kernel/reasons.js";
import type { Self } from "../kernel/self.js";
import { type Carried, type ReplyTo, carried } from "./requests/answers.js";
import { Pending } from "./requests/pending.js";
import { type PendingRequests, pendingRequestsOf } from "./requests/pending-requests.js";

/** Where a supervisor is: its pid, its name on this node or in a registry, its name on another node. */
export type SupervisorAddress = Pid<never> | LocalName | RemoteName;

/** The name that stands for another node's supervisor. */
export const isRemote = (to: SupervisorAddress): to is RemoteName => typeof to === "object" && !isVia(to);

/** What is asked of a supervisor: what the machine knows of, a child as it was given, and to stop. */
export type Asked =
  | { readonly op: "startChild"; readonly child: unknown }
  | { readonly op: "terminateChild" | "restartChild" | "deleteChild"; readonly child: unknown }
  | { readonly op: "whichChildren" | "countChildren" }
  | { readonly op: "stop"; readonly reason: Carried };

/** A request on its way: a message like any other, on every wire. */
export interface RequestMessage extends ReplyTo {
  readonly $supervisor: Asked;
}

const operations = ["startChild", "terminateChild", "restartChild", "deleteChild", "whichChildren", "countChildren", "stop"];

/** Anything may be sent to a supervisor, and nothing of it may harm it. */
export const isRequest = (message: unknown): message is RequestMessage =>
  attempt(() => {
    const { $supervisor: asked, to } = message as Partial<RequestMessage>;
    return typeof to === "string" && isAddress(to) && operations.includes((asked as Asked).op);
  }) === true;

/** To stop for this reason, as it is put to a supervisor there. */
export const stopRequest = (node: Node, to: SupervisorAddress, reason: ExitReason): Asked => ({
  op: "stop",
  reason: carried(node, isRemote(to) ? nameAddress(to) : String(to), reason),
});

/** The processes that answer requests. Whoever else is asked would drop the question, and whoever asked would wait for ever. */
export const supervisors = new WeakSet<Process>();

/** An address in words. */
export const placeOf = (to: SupervisorAddress): string => (isRemote(to) ? `${to.name} on ${to.node}` : String(to));

/** What is asked of a supervisor, until it is answered. To stop is answered by its end. */
class PendingAsk extends Pending {
  readonly #asked: Asked;
  readonly #to: SupervisorAddress;
  readonly #gone: (reason: ExitReason) => Error;

  constructor(requests: PendingRequests, to: SupervisorAddress, asked: Asked, gone: (reason: ExitReason) => Error, timeout: number) {
    super(requests, timeout, undefined);
    this.#asked = asked;
    this.#to = to;
    this.#gone = gone;
  }

  failed(reason: unknown): void {
    this.reject(reason as Error);
  }

  serverEnded(reason: ExitReason): void {
    if (this.#asked.op === "stop") this.resolve(undefined);
    else this.reject(this.#gone(reason));
  }

  timedOut(): void {
    this.reject(new TaskTimeout(`${this.#asked.op} at ${placeOf(this.#to)}`, this.timeout));
  }
}

/**
 * Asks a supervisor.
 * @throws what the supervisor answers; SupervisorDown (by `gone`) when it ends first; InvalidOption when it is none; TaskTimeout
 */
export function ask(node: Node, to: SupervisorAddress, asked: Asked, gone: (reason: ExitReason) => Error, timeout = Infinity): Promise<unknown> {
  const process = node.find((node.addressOf(to) ?? "") as Pid);
  if (process !== undefined && !supervisors.has(process))
    return Promise.reject(new InvalidOption("address", placeOf(to), "this process is no supervisor of a tree: give the address of one"));
  const requests = pendingRequestsOf(node);
  const pending = new PendingAsk(requests, to, asked, gone, timeout);
  const address = requests.open(pending, to);
  if (address !== undefined) requests.post(pending, address, { $supervisor: asked, to: requests.ref, id: pending.id } satisfies RequestMessage);
  return pending.promise;
}

/** Resolves when the supervisor has ended, with its exit reason. It is watched from now on: what is asked of it next finds it watched. */
export const whenEnded = (node: Node, to: SupervisorAddress): Promise<ExitReason> =>
  new Promise((resolve, reject) => {
    let ref: Ref | undefined;
    const watch = node.start(
      async function supervisorWatch(self: Self) {
        return (await self.receive((one): one is Down => one instanceof Down && one.ref === ref)).reason;
      },
      {
        ender: {
          ended: ({ pid }, reason, value) => {
            if (reason === "normal") resolve(value);
            else reject(new Exited(pid, reason));
          },
        },
      },
    );
    try {
      ref = watch.monitor(to);
    } catch (error) {
      reject(error as Error);
      watch.terminate("normal");
    }
  });
