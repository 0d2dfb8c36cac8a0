/** What a node says of itself. */
export const state = { starting: 0, up: 1, deaf: 2 } as const;

/** Why no task can start on a node, in words; undefined when they can. */
export function troubleOf(now: number): string | undefined {
  return now === state.up ? undefined : now === state.deaf ? "it could not read what it was sent" : "it could not start";
}
