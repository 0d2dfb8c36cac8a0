import { InvalidOption } from "../../../kernel/errors.js";
import type { ExitReason } from "../../../kernel/reasons.js";
import type { FanTask } from "../../../tasks/fan-task.js";
import type { Journal, JournalFan } from "../../../tasks/journal.js";
import type { TaskWork } from "../../../tasks/job.js";
import type { Spec } from "../../../tasks/spec.js";
import { NodesPlace } from "../nodes-place.js";
import { type EndedStart, type MasterEntry, RunSubjects, type Start, decodeMaster, encode } from "./entries.js";
import { type Kept, begunElsewhere, goOn } from "./kept.js";
import type { Log } from "./log.js";
import { RunLog } from "./run-log.js";
import { RunState } from "./run-state.js";

/** What a journal needs to know of the cluster. */
export interface JournalHost {
  /** The node that is at the run. */
  readonly node: string;
  readonly stem: string;
  log(): Promise<Log>;
  /** Whether this node is there: one that was killed, stands still or has been cut off is not. */
  isThere(node: string): Promise<boolean>;
  /** The journal is closed. */
  closed(): void;
  trouble(error: unknown): void;
}

/** What is kept of a durable run, on the node of whoever calls `TaskRunner.run`. */
export class RunJournal implements Journal {
  readonly run: string;
  readonly opened: Promise<void>;
  readonly #host: JournalHost;
  readonly #subjects: RunSubjects;
  readonly #state: RunState;
  readonly #specs: readonly Spec[] | undefined;
  readonly #writing = new Set<Promise<unknown>>();
  /** Tasks that this program has begun by itself, and not on another node. */
  readonly #begun = new WeakSet<FanTask>();
  readonly #log: Promise<Log>;
  readonly #runLog: RunLog;
  #master = 0;
  #closed: Promise<void> | undefined = undefined;

  constructor(run: string, specs: readonly Spec[] | undefined, host: JournalHost) {
    this.run = run;
    this.#specs = specs;
    this.#host = host;
    this.#subjects = new RunSubjects(host.stem, run);
    this.#state = new RunState(this.#subjects);
    this.#log = host.log();
    this.#runLog = new RunLog(this.#log, this.#subjects, host.node);
    this.opened = this.#open();
    this.opened.catch(() => {
      void this.close(Promise.resolve());
    });
  }

  async #open(): Promise<void> {
    const log = await this.#log;
    await this.#takeOver(log);
    await log.read(this.#subjects.all, (entry) => {
      this.#state.take(entry);
    });
    for (const [index, { payload, subject }] of [...this.#state.inPieces]) {
      const end = await this.#runLog.read({ index, launch: this.#subjects.parse(subject).launch }, payload);
      if (end !== undefined) this.#state.complete(index, end);
    }
    this.#check();
  }

  /** One program is at a run at a time: a later one takes its place when it is gone. @throws InvalidOption */
  async #takeOver(log: Log): Promise<void> {
    const { node } = this.#host;
    for (;;) {
      const last = await log.last(this.#subjects.master);
      const before = last && decodeMaster(last.payload);
      if (before?.node !== undefined && before.node !== node && (await this.#host.isThere(before.node)))
        throw new InvalidOption("durable", this.run, `node ${before.node} is at this run: wait until that has ended, or give another name`);
      const count = this.#specs?.length;
      if (count !== undefined && before?.count !== undefined && count !== before.count)
        throw new InvalidOption("specs", count, `the run ${this.run} was begun with ${before.count}: give the same as before, or another name`);
      this.#master = await log.append(this.#subjects.master, encode(this.#entry(node, before)), last?.number ?? 0);
      if (this.#master > 0) return;
    }
  }

  #entry(node: string | undefined, before?: MasterEntry): MasterEntry {
    return { node, count: this.#specs?.length ?? before?.count };
  }

  /** @throws InvalidOption for specs that are not those which the run was begun with */
  #check(): void {
    const { run } = this;
    for (const [index, was] of this.#state.runs()) {
      if (this.#specs === undefined || index >= this.#specs.length) continue;
      const runs = runsOf(this.#specs[index] as Spec);
      if (was !== runs && !was.endsWith(`.${runs}`))
        throw new InvalidOption(
          `specs[${index}]`,
          runs,
          `in the run ${run} this task is ${was}: give the same specs in the same order, or another name`,
        );
    }
  }

  isTold(index: number): boolean {
    return this.#state.of(index) === "told";
  }

  resume(task: FanTask, fan: JournalFan): boolean {
    const kept = this.#state.of(task.index);
    if (kept === undefined || kept === "told") return false;
    this.#state.forget(task.index);
    goOn(task, kept, fan);
    return true;
  }

  // What is asked of it from here on comes after it has been opened.

  begins(task: FanTask): void {
    if (task.supervisor.place instanceof NodesPlace) return; // the node that runs it says so
    this.#begun.add(task);
    const { attempts, runs } = task;
    void this.#write((log) => log.begin(startOf(task), { node: this.#host.node, attempts, runs }));
  }

  settle(task: FanTask, reason: ExitReason, value: unknown, fan: JournalFan): boolean {
    const start = startOf(task);
    const rest = endOf(task);
    let write: (log: RunLog) => Promise<Kept>;
    // What another node ran, that node has written down; unless it was told of here while it still runs.
    if (reason === begunElsewhere) write = async (log) => (await log.look(start)) ?? { state: "void", launch: start.launch, attempts: rest.attempts };
    else if (reason === "noconnection") write = (log) => this.#lost(log, start, rest);
    else if (task.supervisor.place instanceof NodesPlace ? task.state === "placed" : this.#begun.delete(task))
      write = (log) => log.end(start, reason, value, rest);
    else return false;
    void this.#keep(write)
      .catch((): Kept => ({ state: "ended", launch: start.launch, reason, value, ...rest })) // it can no longer be written down, and is told all the same
      .then((kept) => {
        goOn(task, kept, fan);
      });
    return true;
  }

  /** Its node is lost. Where it had not begun, nobody may begin it any more, and it can start again elsewhere. */
  async #lost(log: RunLog, start: Start, rest: EndedStart): Promise<Kept> {
    const { attempts, runs } = rest;
    if (await log.begin(start, { node: undefined, attempts, runs })) return { state: "void", launch: start.launch, attempts };
    return log.end(start, "noconnection", undefined, rest);
  }

  told(index: number): Promise<void> {
    return this.#write((log) => log.told(index));
  }

  /** Whether or not it can be written down: whoever cares has been told of the trouble. */
  #write(write: (log: RunLog) => Promise<unknown>): Promise<void> {
    return this.#keep(write).then(ignore, ignore);
  }

  async #keep<T>(write: (log: RunLog) => Promise<T>): Promise<T> {
    const writing = write(this.#runLog);
    this.#writing.add(writing);
    try {
      return await writing;
    } catch (error) {
      this.#host.trouble(error);
      throw error;
    } finally {
      this.#writing.delete(writing);
    }
  }

  close(after: Promise<unknown>): Promise<void> {
    return (this.#closed ??= this.#close(after));
  }

  async #close(after: Promise<unknown>): Promise<void> {
    await Promise.allSettled([after, this.opened]);
    while (this.#writing.size > 0) await Promise.allSettled(this.#writing);
    if (this.#master > 0) await (await this.#log).append(this.#subjects.master, encode(this.#entry(undefined)), this.#master).catch(() => undefined);
    this.#host.closed();
  }
}

const ignore = (): void => undefined;

const startOf = ({ index, launch }: FanTask): Start => ({ index, launch });

function endOf(task: FanTask): EndedStart {
  const { attempts, runs, pid, place, startedAt, duration } = task;
  return { attempts, runs, pid, place, startedAt, duration };
}

function runsOf(spec: Spec): string {
  const work = (Array.isArray(spec) ? spec[1] : spec) as TaskWork;
  return work.name || "(anonymous function)";
}
