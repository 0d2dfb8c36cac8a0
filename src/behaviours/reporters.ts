import { type CrashReport, type Reporter, formatCrash } from "../kernel/crash-report.js";
import { InvalidOption } from "../kernel/errors.js";
import { checkFlag, checkOptions } from "../kernel/options.js";
import { isError } from "../kernel/attempt.js";

/** A reporter that says nothing of any crash. Only for who tells of them elsewhere: in a test, say. */
export const silentReporter: Reporter = () => undefined;

/** What `logReporter` writes to: pino has this method, and so has the console. */
export interface CrashLogger {
  /** Logs an object with a message. */
  error(object: object, message: string): unknown;
}

/** What `logReporter` logs. */
export interface LogReporterOptions {
  /** Log the crashes, too, that somebody was told of. Default false. */
  readonly handled?: boolean;
}

const checks = { handled: checkFlag };

/** What is logged: the error as `err`, which loggers know how to write, and all else that is known as `crash`. */
const entryOf = ({ reason, ...crash }: CrashReport): object => (isError(reason) ? { err: reason, crash } : { crash: { ...crash, reason } });

/**
 * A reporter that writes crashes to a logger as objects, with a message: `logger.error({ err, crash }, message)`. `err` is the reason, where that is an error;
 * `crash` has the rest of the `CrashReport`.
 *
 * @param logger pino, or whatever has such an `error`
 * @throws InvalidOption
 * @example
 * defaultNode().reporter = logReporter(pino());
 */
export function logReporter(logger: CrashLogger, options: LogReporterOptions = {}): Reporter {
  if (typeof (logger as Partial<CrashLogger> | null | undefined)?.error !== "function")
    throw new InvalidOption("logger", logger, "give a logger with an error(object, message), such as pino() or console");
  checkOptions("logReporter options", options, checks);
  const { handled = false } = options;
  return (report) => {
    if (handled || !report.handled) logger.error(entryOf(report), formatCrash(report).replace(/\n.*/s, ""));
  };
}
