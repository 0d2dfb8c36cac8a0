import { attempt, isObject } from "../kernel/attempt.js";
import { decodeReason, encodeReason } from "../kernel/encode-reason.js";
import { InvalidOption, NoProcess, TaskTimeout } from "../kernel/errors.js";
import { type LocalName, type Pid, type Ref, type RemoteName, isAddress, isVia, nodeOf } from "../kernel/ids.js";
import { Down } from "../kernel/messages.js";
import type { Node } from "../kernel/node.js";
import type { Process } from "../kernel/process.js";
import type { ExitReason } from "../kernel/reasons.js";

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

/** A reason: as it is within a node, encoded on its way to another, so that an error keeps its class. */
export type Carried = { readonly is: ExitReason } | { readonly encoded: unknown };

const carried = (reason: ExitReason, near: boolean): Carried => (near ? { is: reason } : { encoded: encodeReason(reason) });
export const unwrap = (reason: Carried): ExitReason => ("is" in reason ? reason.is : decodeReason(reason.encoded));

/** A request on its way: a message like any other, on every wire. */
export interface RequestMessage {
  readonly $supervisor: Asked;
  readonly from: Pid;
  readonly ref: Ref;
}

interface ReplyMessage {
  readonly $reply: Ref;
  readonly value?: unknown;
  readonly error?: Carried;
}

const operations = ["startChild", "terminateChild", "restartChild", "deleteChild", "whichChildren", "countChildren", "stop"];

/** Anything may be sent to a supervisor, and nothing of it may harm it. */
export const isRequest = (message: unknown): message is RequestMessage =>
  attempt(() => {
    const { $supervisor: asked, from } = message as Partial<RequestMessage>;
    return typeof from === "string" && isAddress(from) && operations.includes((asked as Asked).op);
  }) === true;

/** Answers a request. */
export function reply(node: Node, { from, ref }: RequestMessage, value: unknown): void {
  try {
    node.send(from, { $reply: ref, value } satisfies ReplyMessage);
  } catch (error) {
    refuse(node, { from, ref }, error);
  }
}

/** Answers a request by what it fails with. */
export function refuse(node: Node, { from, ref }: Pick<RequestMessage, "from" | "ref">, error: unknown): void {
  node.send(from, { $reply: ref, error: carried(error, nodeOf(from) === node.name) } satisfies ReplyMessage);
}

/** To stop for this reason, as it is put to a supervisor there. */
export const stopRequest = (node: Node, to: SupervisorAddress, reason: ExitReason): Asked => {
  const where = isRemote(to) ? to.node : typeof to === "string" && isAddress(to) ? nodeOf(to) : node.name;
  return { op: "stop", reason: carried(reason, where === node.name) };
};

/** The processes that answer requests. Whoever else is asked would drop the question, and whoever asked would wait for ever. */
export const supervisors = new WeakSet<Process>();

/** An address in words. */
export const placeOf = (to: SupervisorAddress): string => (isRemote(to) ? `${to.name} on ${to.node}` : String(to));

/**
 * Asks a supervisor, by a process that waits for the answer, and is gone when it has it or waits no longer.
 * @throws what the supervisor answers; SupervisorDown (by `gone`) when it ends first; InvalidOption when it is none; TaskTimeout
 */
export function ask(node: Node, to: SupervisorAddress, asked: Asked, gone: (reason: ExitReason) => Error, timeout = Infinity): Promise<unknown> {
  const process = node.find((node.addressOf(to) ?? "") as Pid);
  if (process !== undefined && !supervisors.has(process))
    return Promise.reject(new InvalidOption("address", placeOf(to), "this process is no supervisor of a tree: give the address of one"));
  return node.run(async function supervisorRequest(self) {
    const ref = self.monitor(to);
    const message: RequestMessage = { $supervisor: asked, from: self.pid, ref };
    try {
      self.send(to as Pid, message);
    } catch (error) {
      throw error instanceof NoProcess ? gone("noproc") : error;
    }
    const answer = (await self.receive((one) => (one instanceof Down ? one.ref === ref : isObject(one) && "$reply" in one), {
      after: timeout,
    })) as Down | ReplyMessage | undefined;
    if (answer === undefined) throw new TaskTimeout(`${asked.op} at ${placeOf(to)}`, timeout);
    if (answer instanceof Down) {
      if (asked.op === "stop") return undefined;
      throw gone(answer.reason);
    }
    if (answer.error !== undefined) throw unwrap(answer.error);
    return answer.value;
  });
}

/** Resolves when the supervisor has ended, with its exit reason. */
export const whenEnded = (node: Node, to: SupervisorAddress): Promise<ExitReason> =>
  node.run(async function supervisorWatch(self) {
    const ref = self.monitor(to);
    return (await self.receive((one): one is Down => one instanceof Down && one.ref === ref)).reason;
  });
