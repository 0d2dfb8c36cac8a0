/**
 * The rows: what one task among twenty does, or what is done to it. `bad` names the function of workers/faults.mjs.
 *
 * - `says`: what the reason must tell of, and `else` what is missing where it does not
 * - `limited`: the task is stopped after 500 ms, in the way that the pool has for it
 * - `from`: the signal that is sent to its process as soon as it has begun
 * - `heap`, `memory`: the pool is told that a worker may have so many megabytes of heap, or altogether
 * - `module`: the file that is imported instead of that of the other tasks
 * - `processOnly`: there is nothing like it in a thread
 */
const stopped = { limited: true, says: /abort|time(d)? ?-?out|cancel|did not end|terminat/i, else: "reason lost" };
const boom = { says: /boom/, else: "reason lost" };
const bySignal = (name, number) => ({ says: new RegExp(`${name}|\\b${128 + number}\\b`), else: "no signal told" });

export const faults = {
  throw: { bad: "throw", ...boom },
  reject: { bad: "reject", ...boom },
  "process.exit(1)": { bad: "exit", says: /(code|status)\W{0,4}1\b/i, else: "no exit code told" },
  "process.abort()": { bad: "abort", ...bySignal("SIGABRT", 6) },
  "SIGKILL from outside": { bad: "wait", from: "SIGKILL", processOnly: true, ...bySignal("SIGKILL", 9) },
  "SIGSEGV from outside": { bad: "wait", from: "SIGSEGV", processOnly: true, ...bySignal("SIGSEGV", 11) },
  "throw in a timer": { bad: "throwInTimer", ...boom },
  "unhandled rejection": { bad: "rejectUnseen", ...boom },
  "heap exhausted (64 MB)": { bad: "exhaustHeap", heap: 64, says: /memory|heap/i, else: "reason lost" },
  "native memory past 300 MB": { bad: "exhaustNative", memory: 300, says: /memory|\brss\b/i, else: "reason lost" },
  "infinite loop, 500 ms": { bad: "loop", ...stopped },
  "result not cloneable": { bad: "uncloneable", says: /clone|serial/i, else: "reason lost" },
  "import throws": { bad: "importThrows", module: "faults-import-throws", ...boom },
  "import never settles, 500 ms": { bad: "importNever", module: "faults-import-never", ...stopped },
  "microtask loop, 500 ms": { bad: "microtasks", ...stopped },
  "Atomics.wait for ever, 500 ms": { bad: "block", ...stopped },
  "SIGSTOPped, 500 ms": { bad: "wait", from: "SIGSTOP", processOnly: true, ...stopped },
};
