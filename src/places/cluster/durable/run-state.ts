import { type RunSubjects, decodeBegun, decodeEnded, decodeIndex, decodePieces, keptBegin, keptEnd } from "./entries.js";
import type { Kept, KeptEnd } from "./kept.js";
import type { Entry } from "./log.js";

/** How far a run has got, by what is kept of it: of each task, its last start. */
export class RunState {
  readonly #subjects: RunSubjects;
  readonly #tasks = new Map<number, { readonly kept: Kept | "told"; readonly runs: string | undefined }>();
  /** Ends that lie in pieces, which are read where somebody wants them. */
  readonly inPieces = new Map<number, Entry>();

  constructor(subjects: RunSubjects) {
    this.#subjects = subjects;
  }

  /** What says nothing that could be understood is passed over. */
  take(entry: Entry): void {
    const { kind, index, launch } = this.#subjects.parse(entry.subject);
    const { payload } = entry;
    if (kind === "told") {
      const told = decodeIndex(payload);
      if (told !== undefined) this.#set(told, "told");
    } else if (kind === "begun" && launch > this.#launch(index)) {
      const begun = decodeBegun(payload);
      if (begun !== undefined) this.#set(index, keptBegin({ index, launch }, begun), begun.runs);
    } else if (kind === "ended" && launch >= this.#launch(index)) {
      const ended = decodeEnded(payload);
      if (ended !== undefined) this.#set(index, keptEnd({ index, launch }, ended), ended.runs);
      else if (decodePieces(payload) !== undefined) this.inPieces.set(index, entry);
    }
  }

  #set(index: number, kept: Kept | "told", runs = this.#tasks.get(index)?.runs): void {
    this.inPieces.delete(index);
    this.#tasks.set(index, { kept, runs });
  }

  /** Which start of a task the last entry is of; none comes after the one that has been told. */
  #launch(index: number): number {
    const kept = this.#tasks.get(index)?.kept;
    if (kept === undefined) return 0;
    return kept === "told" ? Infinity : kept.launch;
  }

  /** An end that lay in pieces. */
  complete(index: number, end: KeptEnd): void {
    this.#set(index, end);
  }

  of(index: number): Kept | "told" | undefined {
    return this.#tasks.get(index)?.kept;
  }

  /** The tasks that something is known of, with the name of what they run, where that is known. */
  *runs(): Iterable<readonly [index: number, runs: string]> {
    for (const [index, { runs }] of this.#tasks) if (runs !== undefined) yield [index, runs];
  }

  /** The task's end is needed no more. */
  forget(index: number): void {
    this.#tasks.delete(index);
  }
}
