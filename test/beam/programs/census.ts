import type { Program, Trace } from "./program.js";

/** What there is to see, by the words of a trace. */
const outcomes: Readonly<Record<string, RegExp>> = {
  "an EXIT message": /^EXIT /,
  "an EXIT message, normal": /^EXIT .* normal$/,
  "an EXIT message, noproc": /^EXIT .* noproc$/,
  "a DOWN message": /^DOWN /,
  "a DOWN message, noproc": /^DOWN .* noproc$/,
  "a DOWN message, killed": /^DOWN .* killed$/,
  "a DOWN message, shutdown": /^DOWN .* shutdown$/,
  "a DOWN message, by an error": /^DOWN .* error/,
  "a DOWN message of a name": /^DOWN .* name /,
  "a message": /^msg /,
  "nothing in time": /^nothing$/,
  "a message that was left": /^left ./,
  "an end, normal": /^ended normal$/,
  "an end, killed": /^ended killed$/,
  "an end, by an error": /^ended error/,
  "an end, shutdown": /^ended shutdown$/,
  "an end, { shutdown }": /^ended \{shutdown/,
  "an answer": /^ok /,
  "no answer, noproc": /^exit noproc$/,
  "no answer in time": /^exit timeout$/,
  "no answer, by an error": /^exit error/,
  "a yield of nothing": /^null$/,
  "a stream": /^stream /,
  "a stream with a time-out": /^stream .*exit timeout/,
  "a run": /^run /,
  "a run past its deadline": /^run .*timeout/,
  "a name that was taken": /^refused$/,
  "a timer that was cancelled": /^cancelled$/,
  "children of a supervisor": /^children /,
};

/** What there is to see of who acted. */
const actors: Readonly<Record<string, (who: string, text: string) => boolean>> = {
  "a supervisor that ended with shutdown": (who, text) => who.startsWith("s") && text === "ended shutdown",
  "a child that was started again": (who) => /^k.*#[2-9]/.test(who),
  "a task that was started again": (who) => /^t.*#[2-9]/.test(who),
};

/** How often what was done, and how often what was seen. */
export class Census {
  readonly #done = new Map<string, number>();
  readonly #seen = new Map<string, number>([...Object.keys(outcomes), ...Object.keys(actors)].map((outcome) => [outcome, 0]));

  add({ steps }: Program, trace: Trace): void {
    for (const [, ...ops] of steps.flat()) for (const [op] of ops) this.#done.set(op, (this.#done.get(op) ?? 0) + 1);
    const all = trace.flat();
    for (const [, text] of all) for (const [outcome, words] of Object.entries(outcomes)) if (words.test(text)) this.#count(outcome);
    for (const [outcome, shows] of Object.entries(actors)) if (all.some(([who, text]) => shows(who, text))) this.#count(outcome);
  }

  #count(outcome: string): void {
    this.#seen.set(outcome, (this.#seen.get(outcome) ?? 0) + 1);
  }

  /** Operations that have been played. */
  get operations(): string[] {
    return [...this.#done.keys()].sort();
  }

  /** What has never been seen. */
  get missing(): string[] {
    return [...this.#seen].filter(([, count]) => count === 0).map(([outcome]) => outcome);
  }

  toString(): string {
    const list = (counts: Map<string, number>): string =>
      [...counts]
        .sort(([, a], [, b]) => b - a)
        .map(([what, count]) => `${what} ${count}`)
        .join(", ");
    return `done: ${list(this.#done)}\nseen: ${list(this.#seen)}`;
  }
}
