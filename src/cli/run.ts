import type { TaskSupervisor } from "../index.js";
import { checkTarget } from "./check-target.js";
import { type Ending, statusOf } from "./ending.js";
import { type ExitStatus, exitStatus } from "./exit-status.js";
import { explain } from "./explain.js";
import { guardProcess } from "./guard.js";
import type { Inputs } from "./input/input.js";
import { openInputs } from "./input/open-inputs.js";
import { openJoblog } from "./joblog/joblog.js";
import { LiveLine } from "./live-line.js";
import type { RunOptions } from "./options.js";
import { Output } from "./output.js";
import { Progress } from "./progress.js";
import { Report } from "./report.js";
import { runTasks } from "./run-tasks.js";
import { onStopSignal } from "./signals.js";
import { startSupervisor } from "./start-supervisor.js";
import { Stop } from "./stop.js";
import type { Streams } from "./streams.js";
import { summaryText } from "./summary.js";
import { Tally } from "./tally.js";
import { reserveStdout } from "./task-output.js";

/** How the command ended. */
export interface Finish {
  readonly status: ExitStatus;
  /** By `--on-timeout keep`: the program is to live until they have ended. */
  readonly tasksRunOn: boolean;
}

/** Does what the options ask for. @throws UsageError when it cannot even begin */
export async function run(options: RunOptions, streams: Streams): Promise<Finish> {
  const startedAt = performance.now();
  const inputs = await openInputs(options.source, streams.stdin);
  reserveStdout();
  return new Run(options, streams, inputs, startedAt).finish();
}

/** One run of the command: joins what reads inputs, what runs tasks and what tells of them, and takes care that it ends. */
class Run {
  readonly #options: RunOptions;
  readonly #streams: Streams;
  readonly #inputs: Inputs;
  readonly #startedAt: number;
  readonly #tally = new Tally();
  readonly #stop = new Stop();
  #results: { readonly report: Report; readonly output: Output } | undefined;
  #line: LiveLine | undefined;

  constructor(options: RunOptions, streams: Streams, inputs: Inputs, startedAt: number) {
    this.#options = options;
    this.#streams = streams;
    this.#inputs = inputs;
    this.#startedAt = startedAt;
  }

  async finish(): Promise<Finish> {
    const stop = this.#stop;
    const { supervisor, maxConcurrency, leave } = await startSupervisor(this.#options);
    stop.by(() => void supervisor.stop());
    const release = this.#takeHold();
    try {
      this.#line = await this.#showProgress();
      // What nodes of a cluster have registered, they say themselves.
      const usable = leave !== undefined || (await checkTarget(supervisor, this.#options.target, this.#timeLeft()));
      if (!usable) stop.note({ kind: "deadline", tasksRunOn: false });
      else if (!stop.asked) await this.#runTasks(supervisor, maxConcurrency);
      if (!this.#tasksRunOn) await supervisor.stop();
    } catch (error) {
      await supervisor.stop();
      throw error;
    } finally {
      this.#inputs.close();
      this.#line?.stop();
      await leave?.();
      release();
    }
    const ending = stop.ending ?? { kind: "complete" };
    this.#streams.stderr.write(this.#summary(ending));
    return { status: statusOf(ending, this.#tally), tasksRunOn: this.#tasksRunOn };
  }

  get #tasksRunOn(): boolean {
    const { asked, ending } = this.#stop;
    return !asked && ending?.kind === "deadline" && ending.tasksRunOn;
  }

  #elapsed(): number {
    return performance.now() - this.#startedAt;
  }

  #timeLeft(): number {
    return Math.max(0, (this.#options.timeout ?? Number.POSITIVE_INFINITY) - this.#elapsed());
  }

  #summary(ending: Ending): string {
    return summaryText(this.#tally, ending, this.#elapsed());
  }

  /** Signals, and tasks that harm this process, end the run and not the process. Answers what undoes it. */
  #takeHold(): () => void {
    const stop = this.#stop;
    const broken = (problem: string): Ending => ({ kind: "broken", problem, status: exitStatus.failed });
    const unguard =
      this.#options.on.kind === "here"
        ? guardProcess(
            (problem) => stop.because(broken(problem)),
            (problem) => this.#lastWords(broken(problem)),
          )
        : undefined;
    const unhear = onStopSignal(
      (signal) => stop.because({ kind: "signal", signal }),
      () => {
        unguard?.();
        this.#line?.stop();
      },
    );
    return () => {
      unguard?.();
      unhear();
    };
  }

  /** The process is about to end, and no callback will run any more. */
  #lastWords(ending: Ending): string {
    this.#results?.report.finish();
    this.#results?.output.flush();
    this.#line?.stop();
    return this.#summary(ending);
  }

  #showProgress(): Promise<LiveLine | undefined> {
    const progress = new Progress();
    const { stderr, stdout } = this.#streams;
    return LiveLine.start(stderr, [stdout], () => {
      const { ok, failed, settled, read } = this.#tally;
      return progress.text({ elapsed: this.#elapsed(), ok, failed, settled, read, total: this.#inputs.total, fraction: this.#inputs.fraction() });
    });
  }

  async #runTasks(supervisor: TaskSupervisor, maxConcurrency: number): Promise<void> {
    const options = this.#options;
    const stop = this.#stop;
    const { joblog, done } = await openJoblog(options);
    // Stopped while a long joblog was read: the supervisor has been, too, and would refuse every task.
    if (stop.asked) return;
    const broken = (problem: string): void => stop.because({ kind: "broken", problem, status: exitStatus.failed });
    const output = new Output(this.#streams.stdout, {
      written: (notes) => {
        try {
          joblog?.append(notes);
        } catch (error) {
          broken((error as Error).message);
        }
      },
      close: (error) => {
        if (error.code === "EPIPE") stop.because({ kind: "output-closed" });
        else broken(`standard output: ${explain(error)}`);
      },
    });
    const report = new Report(this.#tally, output, joblog !== undefined, options.keepOrder);
    this.#results = { report, output };
    await runTasks({
      options,
      supervisor,
      maxConcurrency,
      timeout: this.#timeLeft(),
      inputs: this.#inputs,
      tally: this.#tally,
      report,
      output,
      stop,
      done,
      skipBadInput: options.skipBadInput,
      warn: (text) => void this.#streams.stderr.write(`taskward: ${text}\n`),
    });
    report.finish();
    await output.end();
    joblog?.close();
  }
}
