// trouble: loop
export const harmless = "the task that is given this file loops for ever";
