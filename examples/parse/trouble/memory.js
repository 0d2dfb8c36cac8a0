// trouble: memory
export const harmless = "the task that is given this file allocates until its thread's heap is exhausted";
