/**
 * What a run of the mutation tests has left alive. Brings test/mutation/survivors.json up to date for the files that the run has played, keeps the
 * verdicts that stand there, and fails when a mutant lives on without one. A mutant is known by its line's text, so that it keeps its verdict
 * when the line moves.
 *
 *   node scripts/mutation.mjs report.json
 */
import { readFileSync, writeFileSync } from "node:fs";

const record = new URL("../test/mutation/survivors.json", import.meta.url);
const files = JSON.parse(readFileSync(record, "utf8"));
const report = JSON.parse(readFileSync(process.argv[2], "utf8"));

/** The text that a mutant replaces; of several lines, the first. */
function replaced(lines, { start, end }) {
  const line = lines[start.line - 1];
  return line.slice(start.column - 1, end.line === start.line ? end.column - 1 : undefined);
}

const same = (one, other) => ["line", "replaced", "by"].every((key) => one[key] === other[key]);
const unjudged = [];

for (const [name, { source, mutants }] of Object.entries(report.files)) {
  const lines = source.split("\n");
  const known = files[name]?.survivors ?? [];
  const count = (...statuses) => mutants.filter(({ status }) => statuses.includes(status)).length;
  const survivors = mutants
    .filter(({ status }) => status === "Survived" || status === "NoCoverage")
    .map(({ location, replacement }) => {
      const survivor = { line: lines[location.start.line - 1].trim(), replaced: replaced(lines, location), by: replacement };
      const verdict = known.find((other) => same(survivor, other))?.verdict ?? "";
      if (verdict === "") unjudged.push(`${name}:${location.start.line}  ${survivor.replaced}  →  ${replacement}`);
      return { ...survivor, verdict };
    });
  const killed = count("Killed", "Timeout");
  if (killed + survivors.length > 0) files[name] = { killed, survivors };
}

writeFileSync(record, JSON.stringify(files, undefined, 2) + "\n");

const percent = (part, whole) => `${((100 * part) / whole).toFixed(1)} %`;
for (const [name, { killed, survivors }] of Object.entries(files)) {
  const judged = survivors.filter(({ verdict }) => verdict !== "").length;
  console.log(
    `${percent(killed, killed + survivors.length).padStart(8)}  ${name}: ${killed} killed, ${survivors.length} live, ${judged} of them judged`,
  );
}
if (unjudged.length > 0) {
  console.error(`\n${unjudged.length} live without a verdict:\n${unjudged.join("\n")}`);
  process.exitCode = 1;
}
