/** One input as it was read: a value for the function, or what is wrong with it. */
export type Input = GoodInput | BadInput;

export interface GoodInput {
  readonly kind: "good";
  /** Its place in the input, from 0. Bad inputs count too, so that an index means the same in every run over the same file. */
  readonly index: number;
  readonly value: unknown;
}

export interface BadInput {
  readonly kind: "bad";
  readonly index: number;
  /** Where it is and what is wrong, such as `line 3: not JSON: ...`. */
  readonly problem: string;
}

/** The inputs of a run, in order, read as they are asked for. */
export interface Inputs extends AsyncIterable<Input> {
  /** What the inputs are called in messages: a file's name, `standard input`, `the arguments`. */
  readonly name: string;
  /** How many there are, where that is known beforehand. */
  readonly total?: number;
  /** How much of the input has been handed out, from 0 to 1, where its size is known. */
  fraction(): number | undefined;
  /** Stops reading: whoever waits for the next input gets the end instead. */
  close(): void;
}
