/**
 * A file whose first line reads `// trouble: KIND` makes its task do what tasks do that others have written: throw, exit, loop for ever, eat
 * all memory. Each harms itself alone.
 */
const kinds = {
  throw() {
    throw new TypeError("this file makes its task throw");
  },
  exit() {
    process.exit(3);
  },
  loop() {
    for (;;);
  },
  memory() {
    for (const all = []; ;) all.push({ more: new Array(1_000_000).fill(all.length) });
  },
  async late() {
    setTimeout(() => {
      throw new Error("this file makes its task throw from a timer");
    });
    await new Promise(() => {});
  },
};

/** @param {string} source */
export async function makeTrouble(source) {
  const [, kind] = /^\/\/ trouble: (\w+)\r?\n/.exec(source) ?? [];
  if (kind !== undefined && Object.hasOwn(kinds, kind)) await kinds[kind]();
}
