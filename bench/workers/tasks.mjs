/** The tasks that every pool runs. */

export const trivial = (input) => input + 1;

/** About 5 ms of one core, or a `part` of that, and a result that shows that the work was done. */
export function cpu(input, part = 1) {
  const steps = 4_000_000 * part;
  let state = input | 0;
  for (let step = 0; step < steps; step++) state = (Math.imul(state, 1_664_525) + 1_013_904_223 + (state >>> 13)) | 0;
  return state & 1;
}

/** Pools that call one function of a file find it here, and get the name of the task. */
export default ({ name, input }) => (name === "cpu" ? cpu(input) : trivial(input));

/** Keeps its node for so many milliseconds. */
export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
