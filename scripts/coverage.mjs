/**
 * The coverage of each of the three floors, from the summary of a run with coverage; fails where one has less than 95 % of its lines or branches.
 * What runs in threads and child processes is not seen by it.
 */
import { readFileSync } from "node:fs";
import { relative } from "node:path";

const least = 95;
const files = Object.entries(JSON.parse(readFileSync(process.argv[2] ?? "coverage/coverage-summary.json", "utf8")));

for (const floor of ["kernel", "behaviours", "tasks"]) {
  const own = files.filter(([path]) => relative(".", path).startsWith(`src/${floor}/`));
  const share = (what) => {
    const sum = (key) => own.reduce((total, [, file]) => total + file[what][key], 0);
    return sum("total") === 0 ? 0 : (100 * sum("covered")) / sum("total");
  };
  const [lines, branches] = [share("lines"), share("branches")];
  console.log(`${floor.padEnd(10)} ${lines.toFixed(2).padStart(6)} % of lines, ${branches.toFixed(2).padStart(6)} % of branches`);
  if (lines < least || branches < least) process.exitCode = 1;
}
