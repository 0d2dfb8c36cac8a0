import type { Pid } from "../../kernel/ids.js";
import type { Process } from "../../kernel/process.js";
import type { ExitReason } from "../../kernel/reasons.js";

/** What a server's process knows of it: what it is doing, and what its handlers asked for. */
export class Control {
  /** The method or callback that runs; undefined between two messages. */
  doing: string | undefined = undefined;
  /** Since when, on the node's clock; not known while it has not begun to wait. */
  since: number | undefined = undefined;
  /** What is being handled, or was last: crash reports show it. */
  message: unknown = undefined;
  /** The process whose call is being handled. */
  caller: Pid | undefined = undefined;
  /** Something is to be done before the next message. */
  asked = false;
  /** It is to end, with this reason. */
  stopping: { readonly reason: ExitReason } | undefined = undefined;
  ignored = false;
  next: { readonly value: unknown } | undefined = undefined;
  /** How long to wait for the next message, in milliseconds. */
  idle: number | undefined = undefined;

  constructor(
    readonly self: Process,
    /** What the class is called. */
    readonly name: string,
    /** Whose exit ends it, beside that of its process' own parent. */
    readonly parent: Pid | undefined,
  ) {}

  /** Has it end when the present handler is done; the first reason counts. */
  stop(reason: ExitReason): void {
    this.stopping ??= { reason };
    this.asked = true;
  }

  /** What it is busy with, in words; undefined when with nothing. */
  describe(): string | undefined {
    const { doing, since, self } = this;
    if (doing === undefined) return undefined;
    const time = since === undefined ? "" : ` for ${Math.round(self.node.clock.now() - since)} ms`;
    return `it has been in ${doing}()${time}`;
  }
}

/** The server whose handler has the event loop now: what it calls, it calls itself. */
export const running: { now: Control | undefined } = { now: undefined };

const controls = new WeakMap<Process, Control>();

export const controlOf = (process: Process): Control | undefined => controls.get(process);
export const setControl = (control: Control): void => void controls.set(control.self, control);

/** The server that is being made: how it gets to know itself before anything else of it runs. */
export const constructing: { now: Control | undefined } = { now: undefined };
