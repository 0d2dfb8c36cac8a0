/** The task: parses a source file and says what is in it. It runs in a worker thread, a call for each file. */
import { readFileSync } from "node:fs";
import { parse as acorn } from "acorn";
import { makeTrouble } from "./make-trouble.mjs";

const functions = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);
const classes = new Set(["ClassDeclaration", "ClassExpression"]);

/** @param {string} file */
export async function parse(file) {
  const source = readFileSync(file, "utf8");
  await makeTrouble(source);
  const size = { bytes: Buffer.byteLength(source), lines: source.split("\n").length };
  const { program, error } = programOf(source);
  return program === undefined ? { ...size, parsed: false, error } : { ...size, parsed: true, ...countIn(program) };
}

/** A file does not tell whether it is a module or a script; a script of CommonJS may return at its top. */
function programOf(source) {
  const options = { ecmaVersion: "latest", allowHashBang: true };
  try {
    return { program: acorn(source, { ...options, sourceType: "module" }) };
  } catch (error) {
    try {
      return { program: acorn(source, { ...options, sourceType: "script", allowReturnOutsideFunction: true }) };
    } catch {
      return { error: error.message };
    }
  }
}

/** Looks at every node, without recursion: some files nest deeper than the stack. */
function countIn(program) {
  const counts = { nodes: 0, functions: 0, classes: 0 };
  const left = [program];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    counts.nodes += 1;
    if (functions.has(node.type)) counts.functions += 1;
    if (classes.has(node.type)) counts.classes += 1;
    for (const part of Object.values(node)) {
      if (Array.isArray(part)) for (const one of part) pushNode(left, one);
      else pushNode(left, part);
    }
  }
  return counts;
}

function pushNode(left, value) {
  if (typeof value?.type === "string") left.push(value);
}
