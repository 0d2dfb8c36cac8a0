/**
 * What holds where: reads the JSON report of a run of the tests, and brings the table in docs/conformance.md up to date by it. A test keeps a
 * row when the row's id stands in its title; which place it plays at, its title says too, and one that names none plays at the first of its row.
 *
 *   node scripts/conformance.mjs report.json          fails when a row does not hold, or the table is not what the run gives
 *   node scripts/conformance.mjs report.json --write  writes the table
 *
 * The rows, their words, and the places where a row has no meaning (`–`) stand in the table itself and are kept.
 */
import { readFileSync, writeFileSync } from "node:fs";

const page = new URL("../docs/conformance.md", import.meta.url);

/** The columns, and how titles name each place. */
const places = [
  ["event loop", /event loop/],
  ["thread", /\bthreads?\b/],
  ["child process", /child process|'process(es)?'|\(process(es)?\)|\bprocess (one|two)\b/],
  ["other node", /\b(near|far) node\b|simulated nodes|another node|other nodes?\b|two nodes|\bcluster\b/],
];

/** By row, the tests that keep it, with the places that their titles name. */
function testsByRow({ testResults }) {
  const rows = new Map();
  for (const { fullName, status } of testResults.flatMap((file) => file.assertionResults)) {
    if (status !== "passed" && status !== "failed") continue;
    const named = places.filter(([, words]) => words.test(fullName)).map(([name]) => name);
    for (const row of new Set(fullName.match(/\b[KTSRVGPN]\d+\b/g))) {
      const tests = rows.get(row) ?? [];
      tests.push({ fullName, status, named });
      rows.set(row, tests);
    }
  }
  return rows;
}

const [reportFile, option] = process.argv.slice(2);
const rows = testsByRow(JSON.parse(readFileSync(reportFile, "utf8")));
const problems = [];
const untested = [];

/** The mark of a row at a place. */
function mark(row, place, isFirst) {
  const tests = (rows.get(row) ?? []).filter(({ named }) => (named.length === 0 ? isFirst : named.includes(place)));
  const failed = tests.filter(({ status }) => status === "failed");
  if (failed.length > 0) problems.push(`${row} does not hold, ${place}: ${failed.map(({ fullName }) => fullName).join("; ")}`);
  if (tests.length === 0) untested.push(`${row}, ${place}`);
  return tests.length > 0 && failed.length === 0 ? "✓" : "✗";
}

const text = readFileSync(page, "utf8");
const renewed = text.replace(/^\| ([KTSRVGPN]\d+) \| (.*?) \| (.*) \|$/gm, (_line, row, words, line) => {
  const cells = line.split(" | ").map((cell) => cell.trim());
  const first = cells.findIndex((cell) => cell !== "–");
  const marks = cells.map((cell, index) => (cell === "–" ? cell : mark(row, places[index][0], index === first)));
  return `| ${row} | ${words} | ${marks.join(" | ")} |`;
});

if (option === "--write") writeFileSync(page, renewed);
else if (renewed !== text) problems.push("docs/conformance.md is not what this run gives: npm run conformance writes it");
for (const problem of problems) console.error(`conformance: ${problem}`);
const tests = [...rows.values()].reduce((sum, some) => sum + some.length, 0);
console.log(`conformance: ${rows.size} rows, kept by ${tests} tests; ${problems.length} problems`);
if (untested.length > 0) console.log(`conformance: without a test: ${untested.join("; ")}`);
process.exitCode = problems.length === 0 ? 0 : 1;
