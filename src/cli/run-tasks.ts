import { type RunnerEvent, type RunnerTask, SourceFailed, TaskRunner, type TaskSupervisor, callOf } from "../index.js";
import { Closable } from "./closable.js";
import { exitStatus } from "./exit-status.js";
import { explain } from "./explain.js";
import { haltReason } from "./halt.js";
import { BadInputError } from "./input/bad-input-error.js";
import type { RunOptions } from "./options.js";
import type { Output } from "./output.js";
import type { InFlight } from "./report.js";
import type { Stop } from "./stop.js";
import { type Plan, work } from "./work.js";

/** What `runTasks` runs, and whom it tells. */
export interface TaskRun extends Plan {
  readonly options: RunOptions;
  readonly supervisor: TaskSupervisor;
  readonly maxConcurrency: number;
  /** Milliseconds until the deadline. */
  readonly timeout: number;
  readonly output: Output;
  readonly stop: Stop;
}

/** Runs a task for each input and tells of each, until the inputs, the time or somebody's patience has come to its end. */
export async function runTasks(run: TaskRun): Promise<void> {
  const { options, tally, report, stop } = run;
  const flights = new Map<number, InFlight>();
  const runner = TaskRunner.run(new Closable(specsOf(run, flights), () => run.inputs.close()), {
    maxConcurrency: run.maxConcurrency,
    timeout: run.timeout,
    onTimeout: options.onTimeout,
    ...(options.taskTimeout === undefined ? {} : { taskTimeout: options.taskTimeout }),
    ...(options.retries === 0 ? {} : { retry: { attempts: options.retries + 1, delay: options.backoff, factor: 2 } }),
  });
  stop.by(() => void runner.cancel());
  // Events are taken as they come, however slow the reader of the results is: what has ended is told of, even when the next thing is a
  // signal. It is the inputs that wait for the reader.
  for await (const event of runner) {
    if (event.type === "timeout") {
      stop.note({ kind: "deadline", tasksRunOn: options.onTimeout === "keep" && event.pending.length > 0 });
      tellPending(run, flights, event.pending);
      continue;
    }
    const input = flights.get(event.index);
    if (input === undefined) {
      stop.note({ kind: "broken", problem: `${run.inputs.name}: ${inputProblem(event)}`, status: exitStatus.usage });
      continue;
    }
    flights.delete(event.index);
    report.ended(input, event.task, event.type === "ok" ? { outcome: "ok", value: event.value } : { outcome: "error", reason: event.reason });
    const why = haltReason(options.halt, tally);
    if (why !== undefined) stop.because({ kind: "halted", why, success: options.halt.when === "first-success" });
  }
  tally.unfinished = flights.size;
  await runner.cancel();
}

/** A task for each input, made when it is wanted, and not while the reader of the results lags behind. */
async function* specsOf(run: TaskRun, flights: Map<number, InFlight>) {
  const { url, exportName } = run.options.target;
  let index = 0;
  for await (const { input, flight } of work(run)) {
    flights.set(index++, flight);
    yield [run.supervisor, callOf(url, exportName, [input.value])] as const;
    await run.output.ready();
  }
}

/** At the deadline every input that was read and has no result is told of as pending. */
function tellPending({ report }: TaskRun, flights: Map<number, InFlight>, pending: readonly RunnerTask[]): void {
  const tasks = new Map(pending.map((task) => [task.index, task]));
  for (const [index, input] of flights) report.ended(input, tasks.get(index) ?? { attempts: 0 }, { outcome: "pending" });
  flights.clear();
}

/** Why the inputs came to an early end. */
function inputProblem(event: RunnerEvent<unknown>): string {
  const reason = event.type === "task_error" ? event.reason : undefined;
  const cause = reason instanceof SourceFailed ? reason.cause : reason;
  return cause instanceof BadInputError ? cause.message : `it cannot be read any further: ${explain(cause)}`;
}
