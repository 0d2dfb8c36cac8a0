/** The statistics of packages as a table, the largest first. */

const shown = 20;
const columns = ["files", "bytes", "lines", "nodes", "functions", "classes", "unparsable"];

/** The package that a file belongs to: `acorn` of `node_modules/x/node_modules/acorn/dist/acorn.js`. */
export function packageOf(file) {
  const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file) ?? [];
  return name ?? ".";
}

function add(sums, value) {
  sums.files += 1;
  sums.unparsable += value.parsed ? 0 : 1;
  for (const column of ["bytes", "lines", "nodes", "functions", "classes"]) sums[column] += value[column] ?? 0;
}

const nothing = () => Object.fromEntries(columns.map((column) => [column, 0]));

/** @param {{ file: string, value: object }[]} results */
export function tableOf(results) {
  const packages = new Map();
  const all = nothing();
  for (const { file, value } of results) {
    const name = packageOf(file);
    if (!packages.has(name)) packages.set(name, nothing());
    add(packages.get(name), value);
    add(all, value);
  }
  const sorted = [...packages].sort(([, a], [, b]) => b.bytes - a.bytes);
  const rest = sorted.slice(shown);
  const rows = [["package", columns], ...sorted.slice(0, shown)];
  if (rest.length > 0) rows.push([`${rest.length} more packages`, sumOf(rest)]);
  rows.push(["all", all]);
  return rows.map(([name, cells]) => rowOf(name, cells)).join("\n");
}

function sumOf(packages) {
  const sums = nothing();
  for (const [, one] of packages) for (const column of columns) sums[column] += one[column];
  return sums;
}

function rowOf(name, cells) {
  const texts = Array.isArray(cells) ? cells : columns.map((column) => cells[column].toLocaleString("en"));
  return [name.padEnd(34), ...texts.map((text) => text.padStart(12))].join("").trimEnd();
}
