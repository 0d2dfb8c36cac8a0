// trouble: throw
export const harmless = "the task that is given this file throws an error";
