// trouble: late
export const harmless = "the task that is given this file throws from a timer, when nobody can catch it";
