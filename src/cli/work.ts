import { BadInputError } from "./input/bad-input-error.js";
import type { GoodInput, Inputs } from "./input/input.js";
import type { DoneInputs } from "./joblog/done-inputs.js";
import type { InFlight, Report } from "./report.js";
import type { Tally } from "./tally.js";

/** What `work` needs to decide what becomes of an input. */
export interface Plan {
  readonly inputs: Inputs;
  readonly tally: Tally;
  readonly report: Report;
  /** What an earlier run has done. */
  readonly done: DoneInputs | undefined;
  readonly skipBadInput: boolean;
  /** Tells the user. */
  readonly warn: (text: string) => void;
}

/** The inputs that need a task, read one by one as tasks are wanted: nothing is read ahead of those who work. */
export async function* work(plan: Plan): AsyncGenerator<{ readonly input: GoodInput; readonly flight: InFlight }, void, undefined> {
  const { tally, report } = plan;
  let warnedOfChange = false;
  for await (const input of plan.inputs) {
    tally.read += 1;
    if (input.kind === "bad") {
      if (!plan.skipBadInput) throw new BadInputError(input.problem);
      tally.skipped += 1;
      plan.warn(`${plan.inputs.name}: ${input.problem}; skipped`);
      continue;
    }
    const inputJson = JSON.stringify(input.value);
    const known = plan.done?.look(input.index, inputJson) ?? "new";
    if (known === "done") {
      tally.resumed += 1;
      continue;
    }
    if (known === "changed" && !warnedOfChange) {
      warnedOfChange = true;
      plan.warn(`input ${input.index} is not the one that the joblog knows: the inputs have changed, and those that did run again`);
    }
    await report.order?.room();
    const flight = { index: input.index, inputJson, ticket: report.order?.ticket() ?? 0 };
    yield { input, flight };
  }
}
