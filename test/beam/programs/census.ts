import type { Ends, Op, Program, Trace } from "./program.js";

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
  "a child or a task that was one too many": /^max_children$/,
  "a child that was terminated": /^terminated$/,
  "a child that was not found": /^not_found$/,
};

/** What there is to see of who acted. */
const actors: Readonly<Record<string, (who: string, text: string) => boolean>> = {
  "a supervisor that ended with shutdown": (who, text) => who.startsWith("s") && text === "ended shutdown",
  "a dynamic supervisor that ended with shutdown": (who, text) => who.startsWith("d") && text === "ended shutdown",
  "a child that was started again": (who) => /^k.*#[2-9]/.test(who),
  "a task that was started again": (who) => /^t.*#[2-9]/.test(who),
};

const reasonOf = (reason: Ends): string => (typeof reason === "string" ? reason : `{ ${reason[0]} }`);

/** Which kinds of it an operation is: the words that make a difference. */
function kindsOf(op: Op): readonly string[] {
  switch (op[0]) {
    case "spawn":
      return [op[2] === "plain" || op[2] === "link" ? op[2] : "monitor", op[3] ? "trapping" : "not trapping"];
    case "exit":
      return [reasonOf(op[1])];
    case "signal":
    case "stop":
      return [reasonOf(op[2] as Ends)];
    case "recv":
      return [op[1][0], op[2] === "infinity" ? "without a time" : op[2] === 0 ? "a look" : "with a time"];
    case "demonitor":
      return [op[2] ? "flush" : "no flush"];
    case "task":
    case "start_child":
    case "few":
      return [op[2]];
    case "start_kid":
      return [op[3]];
    case "shutdown":
      return [typeof op[2] === "number" ? "asked first" : op[2]];
    case "stream":
      return [op[2], op[3] ? "ordered" : "unordered", ...op[1].map(([item]) => item)];
    case "run":
      return op[1].map(([item]) => item);
    case "call":
    case "cast":
      return [op[2][0]];
    case "supervisor":
      return [op[2], `${op[3]} restarts`, ...op[4].map(([, restart]) => restart)];
    case "dynamic":
      return [`${op[2]} restarts`, `${op[3]} children`];
    default:
      return [];
  }
}

/** How often what was done, and how often what was seen. */
export class Census {
  readonly #done = new Map<string, number>();
  readonly #seen = new Map<string, number>([...Object.keys(outcomes), ...Object.keys(actors)].map((outcome) => [outcome, 0]));

  add({ steps }: Program, trace: Trace): void {
    for (const [, ...ops] of steps.flat())
      for (const op of ops) for (const kind of ["", ...new Set(kindsOf(op))]) this.#do(`${op[0]} ${kind}`.trim());
    const all = trace.flat();
    for (const [, text] of all) for (const [outcome, words] of Object.entries(outcomes)) if (words.test(text)) this.#count(outcome);
    for (const [outcome, shows] of Object.entries(actors)) if (all.some(([who, text]) => shows(who, text))) this.#count(outcome);
  }

  #do(what: string): void {
    this.#done.set(what, (this.#done.get(what) ?? 0) + 1);
  }

  #count(outcome: string): void {
    this.#seen.set(outcome, (this.#seen.get(outcome) ?? 0) + 1);
  }

  /** Operations that have been played, and of which kinds. */
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
