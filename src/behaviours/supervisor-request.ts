import { isObject } from "../kernel/attempt.js";
import { NoProcess, TaskTimeout, TaskwardError } from "../kernel/errors.js";
import type { Pid, Ref, RemoteName } from "../kernel/ids.js";
import { Down } from "../kernel/messages.js";
import type { Node } from "../kernel/node.js";
import type { ExitReason } from "../kernel/reasons.js";

/** Where a supervisor is: its pid, its name on this node, its name on another. */
export type SupervisorAddress = Pid<never> | string | RemoteName;

/** What is asked of a supervisor: what the machine knows of, a child as it was given, and to stop. */
export type Asked =
  | { readonly op: "startChild"; readonly child: unknown }
  | { readonly op: "terminateChild" | "restartChild" | "deleteChild"; readonly child: unknown }
  | { readonly op: "whichChildren" | "countChildren" }
  | { readonly op: "stop"; readonly reason: ExitReason };

/** A request on its way: a message like any other, on every wire. */
export interface RequestMessage {
  readonly $supervisor: Asked;
  readonly from: Pid;
  readonly ref: Ref;
}

interface ReplyMessage {
  readonly $reply: Ref;
  readonly value?: unknown;
  readonly error?: unknown;
}

export const isRequest = (message: unknown): message is RequestMessage => isObject(message) && "$supervisor" in message && "from" in message;

export const reply = (node: Node, { from, ref }: RequestMessage, answer: { readonly value?: unknown; readonly error?: unknown }): void => {
  try {
    node.send(from, { $reply: ref, ...answer });
  } catch (error) {
    node.send(from, { $reply: ref, error: new TaskwardError("not_cloneable", `the answer cannot be sent: ${String(error)}`) });
  }
};

const placeOf = (to: SupervisorAddress): string => (typeof to === "string" ? to : `${to.name} on ${to.node}`);

/**
 * Asks a supervisor, by a process that waits for the answer, and is gone when it has it or waits no longer.
 * @throws what the supervisor answers; SupervisorDown (by `gone`) when it ends first; TaskTimeout
 */
export function ask(node: Node, to: SupervisorAddress, asked: Asked, gone: (reason: ExitReason) => Error, timeout = Infinity): Promise<unknown> {
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
    if ("error" in answer) throw answer.error;
    return answer.value;
  });
}

/** Resolves when the supervisor has ended, with its exit reason. */
export const whenEnded = (node: Node, to: SupervisorAddress): Promise<ExitReason> =>
  node.run(async function supervisorWatch(self) {
    const ref = self.monitor(to);
    return (await self.receive((one): one is Down => one instanceof Down && one.ref === ref)).reason;
  });
