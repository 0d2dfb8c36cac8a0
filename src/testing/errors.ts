import { registerErrorClass } from "../kernel/error-classes.js";
import { TaskwardError } from "../kernel/errors.js";

/** What is wrong when a test is over: something is left that should not be, or something crashed that nobody expected. */
export interface Finding {
  readonly kind: "process" | "timer" | "address" | "name" | "straggler" | "handle" | "crash" | "missing_crash";
  /** Who, what, since when, from where. */
  readonly text: string;
}

/**
 * A test did what it should, and left something behind: a process, a timer, an address, a handle of the host, or a crash that nobody was told of.
 *
 * @example
 * const error = await supervised(({ node }) => { node.spawn((self) => self.receive()); })().catch((reason) => reason);
 * error.findings; // [{ kind: "process", text: "<main.2> runs ..." }]
 */
export class NotClean extends TaskwardError {
  constructor(
    readonly findings: readonly Finding[],
    options?: ErrorOptions,
  ) {
    super("not_clean", `when the test was over:\n${listOf(findings)}`, options);
  }
}

/** One below the other, those of several lines indented. */
export const listOf = (findings: readonly Finding[]): string =>
  findings.map(({ kind, text }) => `- ${kind.replace("_", " ")}: ${text.replaceAll("\n", "\n  ")}`).join("\n");

/** Makes the error known by its class to what arrives from other nodes. */
registerErrorClass(NotClean);
