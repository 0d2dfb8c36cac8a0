/** What is said of a cell in a few words: "ok", or everything that went wrong. No effects: observations in, text out. */

/**
 * @param fault a row of faults.mjs
 * @param seen `bad`, `others` and `next` are outcomes, the latter two with the value that was `wanted`; `uncaught` what reached the calling process itself
 */
export function judgeCell(fault, { begun = true, bad, others, next, uncaught }) {
  const problems = [];
  if (!begun) problems.push("never begins");
  if (uncaught.length > 0) problems.push("caller's uncaughtException");
  const badly = ofBad(fault, bad);
  if (badly !== undefined) problems.push(badly);
  problems.push(...ofOthers(others));
  if (next.some((outcome) => !arrived(outcome))) problems.push("the next task is not served");
  return problems.length === 0 ? "ok" : problems.join("; ");
}

function ofBad(fault, { state, value, reason }) {
  if (state === "pending") return "never settles";

  if (state === "resolved") return `resolves with ${short(value)}`;
  if (!isError(reason)) return `rejects with ${unlikeError(reason)}`;
  const text = describe(reason);
  // Of `process.abort` and the like in a thread; their code does not arrive everywhere.
  if (text.includes("is not supported in workers")) return "refused by Node";
  if (text.trim() === "") return "empty message";
  return fault.says.test(text) ? undefined : fault.else;
}

function ofOthers(others) {
  const lost = others.filter(({ state }) => state === "pending").length;
  const rejected = others.filter(({ state }) => state === "rejected").length;
  const wrong = others.filter((outcome) => outcome.state === "resolved" && !arrived(outcome)).length;
  return [
    ...(lost === 0 ? [] : [`${lost} others lost`]),
    ...(rejected === 0 ? [] : [`${rejected} others rejected`]),
    ...(wrong === 0 ? [] : [`${wrong} others wrong`]),
  ];
}

const arrived = ({ state, value, wanted }) => state === "resolved" && value === wanted;

const isError = (value) => value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";

function unlikeError(value) {
  if (typeof value !== "object" || value === null) return short(value);
  return Object.keys(value).length === 0 ? "a bare {}" : "an object that is no Error";
}

/** Everything that an error tells of: its message, what programs read of it, and the same of its cause. */
function describe(error, depth = 4) {
  const { message, cause } = error;
  const own = Object.entries(error)
    .filter(([name, value]) => !["message", "cause", "stack"].includes(name) && ["string", "number"].includes(typeof value))
    .map(([name, value]) => `${name} ${value}`);
  return [message ?? "", ...own, ...(depth > 0 && isError(cause) ? [describe(cause, depth - 1)] : [])].join("\n");
}

function short(value) {
  const text = typeof value === "function" ? "a function" : (JSON.stringify(value) ?? String(value));
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
