// trouble: exit
export const harmless = "the task that is given this file calls process.exit(3)";
