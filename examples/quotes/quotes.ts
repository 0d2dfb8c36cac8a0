import { TaskRunner, type TaskSupervisor } from "taskward";
import { type Deferred, GenServer } from "taskward/behaviours";
import { type Quote, fetchQuote } from "./fetch-quote.js";

/** What had arrived when the time was over, or everything was there. */
export interface Answer {
  readonly quotes: readonly Quote[];
  /** Why there is no quote, by symbol. */
  readonly failed: Readonly<Record<string, string>>;
  /** The symbols whose quotes were still under way at the deadline. */
  readonly missing: readonly string[];
}

/** A request that waits for its quotes. */
interface Gathering {
  readonly symbols: readonly string[];
  readonly runner: TaskRunner<Quote>;
  readonly answer: Deferred<Answer>;
  readonly quotes: Quote[];
  readonly failed: Record<string, string>;
  missing: readonly string[];
}

/**
 * Gathers quotes, for many requests at a time. A server has a message loop already, with calls and casts of its own: so it owns the runs, and hands their messages
 * to them in `handleInfo`. No request waits for another, and none longer than 400 ms.
 */
export class Quotes extends GenServer {
  readonly #gatherings = new Set<Gathering>();
  #supervisor!: TaskSupervisor;
  #answered = 0;

  override init(supervisor: TaskSupervisor) {
    this.#supervisor = supervisor;
  }

  /** Answers with whatever has arrived within 400 ms, and sooner when all is there. */
  gather(symbols: readonly string[]) {
    const answer = this.defer<Answer>();
    const specs = symbols.map((symbol) => [this.#supervisor, (task: Parameters<typeof fetchQuote>[0]) => fetchQuote(task, symbol)] as const);
    const runner = TaskRunner.run(specs, { timeout: 400, owner: this.self });
    const gathering: Gathering = { symbols, runner, answer, quotes: [], failed: {}, missing: [] };
    if (runner.done) this.#finish(gathering);
    else this.#gatherings.add(gathering);
    return answer;
  }

  /** How many requests have been answered, and how many wait. */
  counts() {
    return { answered: this.#answered, waiting: this.#gatherings.size };
  }

  override handleInfo(message: unknown) {
    for (const gathering of this.#gatherings) {
      const { runner, symbols, quotes, failed } = gathering;
      const event = runner.handleMessage(message);
      if (event === null) continue; // it belongs to another run
      if (event.type === "ok") quotes.push(event.value);
      else if (event.type === "task_error") failed[symbols[event.index] ?? ""] = String(event.reason);
      else if (event.type === "timeout") gathering.missing = event.pending.map(({ index }) => symbols[index] ?? "");
      if (runner.done) this.#finish(gathering);
      return;
    }
  }

  #finish(gathering: Gathering) {
    const { answer, quotes, failed, missing } = gathering;
    this.#gatherings.delete(gathering);
    this.#answered++;
    answer.reply({ quotes, failed, missing });
  }
}
