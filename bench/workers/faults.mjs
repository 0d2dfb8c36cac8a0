/** What goes wrong in the case `faults`, and what must not be harmed by it. */
import { begin } from "./scratch.mjs";

const forEver = () => new Promise(() => setInterval(() => {}, 1_000));

/** Each begins by saying so, for what is done to it from outside, and for the clock. */
const bad = {
  throw() {
    throw new Error("boom");
  },
  async reject() {
    await undefined;
    throw new Error("boom");
  },
  exit: () => process.exit(1),
  abort: () => process.abort(),
  wait: forEver,
  throwInTimer() {
    setTimeout(() => {
      throw new Error("boom");
    }, 1);
    return forEver();
  },
  rejectUnseen() {
    void Promise.reject(new Error("boom"));
    return forEver();
  },
  exhaustHeap() {
    const all = [];
    for (;;) all.push({ text: `${all.length}`, more: [all.length, all.length] });
  },
  /** A gigabyte beside the heap, in a few hundred milliseconds. */
  exhaustNative() {
    const all = [];
    for (let mebibytes = 0; mebibytes < 1_024; mebibytes += 8) {
      all.push(Buffer.alloc(8 << 20, 1));
      for (const end = performance.now() + 3; performance.now() < end;);
    }
    return all.length;
  },
  loop() {
    for (;;);
  },
  uncloneable: () => ({ fine: 1, onClick() {} }),
  async microtasks() {
    for (;;) await undefined;
  },
  block: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
  // For pools that take all their functions from one file; the others are given the module itself.
  importThrows: async () => (await import("./faults-import-throws.mjs")).run(),
  importNever: async () => (await import("./faults-import-never.mjs")).run(),
};

export const healthy = (input) => input * 2;

/** The task of every pool: a bad one by its name, or a healthy one by its number. */
export function run({ bad: name, input }) {
  if (name === undefined) return healthy(input);
  if (!name.startsWith("import")) begin();
  return bad[name]();
}

export default run;
