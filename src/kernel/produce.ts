import { InvalidOption } from "./errors.js";
import type { Process } from "./process.js";
import { isThenable } from "./process-body.js";

/** What a function may return whose values are streamed. */
type Steps = Iterator<unknown> | AsyncIterator<unknown>;

/**
 * Runs what a process' function returned, and tells its spawner each value: the process' side of a stream. The iterator is asked for a value only when
 * there is room for it on the other side, which `room` says at first, and the other side from then on, at the address that it is told.
 * Answers what the iterator returned, in an array.
 */
export async function produce(self: Process, returned: unknown, room: number): Promise<[unknown]> {
  const steps = stepsOf(await returned, self.runs);
  const { node, signal } = self;
  let wake: (() => void) | undefined;
  const more = node.ref();
  node.table.set(more, {
    deliver: (count) => {
      room += count as number;
      wake?.();
    },
  });
  // Aborts however the process ends: nothing of it stays.
  signal.addEventListener("abort", () => {
    node.table.delete(more);
    wake?.();
  });
  self.tell("more", more);
  let exhausted = false;
  try {
    for (;;) {
      while (room === 0 && !signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      signal.throwIfAborted();
      exhausted = true; // or it throws: then, too, there is nothing left to close
      const step = await steps.next();
      if (step.done === true) return [step.value];
      exhausted = false;
      room--;
      self.tell("yielded", isThenable(step.value) ? await step.value : step.value);
    }
  } finally {
    // Whoever reads has left, or the process is to end: the generator's own `finally` has its turn.
    if (!exhausted) await steps.return?.();
  }
}

function stepsOf(returned: unknown, runs: string): Steps {
  const iterable = typeof returned === "object" && returned !== null ? (returned as Partial<AsyncIterable<unknown> & Iterable<unknown>>) : {};
  const steps = iterable[Symbol.asyncIterator]?.() ?? iterable[Symbol.iterator]?.();
  if (steps !== undefined) return steps;
  throw new InvalidOption(
    `what ${runs} returned`,
    returned,
    "to be streamed, it must be something to iterate over: write async function*, or run it as a task",
  );
}
