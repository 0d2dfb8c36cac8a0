import { InvalidOption } from "../../../kernel/errors.js";
import { type Archive, keepRuns } from "../../../tasks/journal.js";
import type { Bus } from "../bus.js";
import type { Membership } from "../membership.js";
import { checkToken, runsOf } from "../subjects.js";
import { RunSubjects } from "./entries.js";
import type { Log } from "./log.js";
import { RunJournal } from "./run-journal.js";

const aWeek = 7 * 24 * 3_600_000;

/** How durable runs are kept. */
export interface RunOptions {
  /** How many milliseconds what is known of a run is kept after it was written down. Default a week, at least a second. */
  readonly keep?: number;
  /** On how many NATS servers it is kept. Default 1. */
  readonly replicas?: number;
}

/** Where the durable runs of a cluster are kept, as one of its nodes sees it. */
export class RunArchive {
  readonly #bus: Bus;
  readonly #cluster: string;
  readonly #stem: string;
  readonly #options: RunOptions;
  readonly #journals = new Map<string, RunJournal>();
  #membership: Membership | undefined = undefined;
  #opened: Promise<Log> | undefined = undefined;

  constructor(bus: Bus, cluster: string, options: RunOptions) {
    this.#bus = bus;
    this.#cluster = cluster;
    this.#stem = runsOf(cluster);
    this.#options = options;
  }

  /** The log is opened when somebody needs it, and again when that has failed. */
  readonly log = (): Promise<Log> => {
    if (this.#opened === undefined) {
      const { keep = aWeek, replicas = 1 } = this.#options;
      const settings = { name: `taskward_${this.#cluster}_runs`, subjects: `${this.#stem}.>`, keep, replicas };
      this.#opened = this.#bus.log(settings, (error) => this.#membership?.onTrouble(error));
      this.#opened.catch(() => (this.#opened = undefined));
    }
    return this.#opened;
  };

  /** Keeps the runs of this node from now on. */
  serve(membership: Membership): void {
    this.#membership = membership;
    keepRuns(membership.node, this.#open);
  }

  readonly #open: Archive = (run, specs) => {
    checkToken("durable", run);
    this.#refuse("durable", run);
    const membership = this.#membership as Membership;
    const journal = new RunJournal(run, specs, {
      node: membership.node.name,
      stem: this.#stem,
      log: this.log,
      isThere: (node) => membership.isThere(node),
      closed: () => this.#journals.delete(run),
      trouble: (error) => {
        membership.onTrouble(error);
      },
    });
    this.#journals.set(run, journal);
    return journal;
  };

  #refuse(option: string, run: string): void {
    if (this.#journals.has(run))
      throw new InvalidOption(option, run, "it is under way in this program: wait until that has ended, or give another name");
  }

  /** Removes what is kept of a run. */
  async forget(run: string): Promise<void> {
    checkToken("forgetRun(run): run", run);
    this.#refuse("forgetRun(run): run", run);
    await (await this.log()).purge(new RunSubjects(this.#stem, run).all);
  }
}
