const number = (value) => value.toLocaleString("en", { maximumSignificantDigits: 4 });

/** One table for each variant and metric, the best first, each beside Taskward; or, for a `wide` case, one for each variant with the medians of all metrics. */
export function printTable({ name, claim, metrics, variants, wide = false }, { figures, skipped, failures }) {
  console.log(`\n${name}: ${claim}`);
  for (const [metric, { table }] of Object.entries(metrics)) if (table) printMatrix(name, metric, variants, { figures, skipped, failures });
  for (const variant of Object.keys(variants)) {
    if (wide) printWide(name, variant, metrics, figures);
    for (const [metric, { unit, better = "less", ratio = true, table, hidden }] of Object.entries(metrics)) {
      if (wide || table || hidden) continue;
      const rows = figures.filter((one) => one.variant === variant && one.metric === metric);
      if (rows.length === 0) continue;
      rows.sort((a, b) => (better === "less" ? a.median - b.median : b.median - a.median));
      const base = ratio ? rows.find((one) => one.subject === "taskward")?.median : undefined;
      console.log(`\n  ${name} ${variant}: ${metric} in ${unit} (${better} is better)`);
      print([
        ["subject", "median", "min", "max", "runs", "times taskward's"],
        ...rows.map((one) => [
          one.subject,
          number(one.median),
          number(one.min),
          number(one.max),
          String(one.runs),
          base === undefined ? "" : (one.median / base).toFixed(2),
        ]),
      ]);
    }
    if (Object.values(metrics).some(({ table }) => table)) continue;
    for (const { subject, reason } of skipped.filter((one) => one.variant === variant)) console.log(`    SKIPPED ${subject}: ${reason}`);
    for (const { subject, reason } of failures.filter((one) => one.variant === variant)) console.log(`    FAILED ${subject}: ${reason}`);
  }
  console.log();
}

function printWide(name, variant, metrics, figures) {
  const its = figures.filter((one) => one.variant === variant);
  if (its.length === 0) return;
  console.log(`\n  ${name} ${variant}`);
  const median = (subject, metric) => its.find((one) => one.subject === subject && one.metric === metric)?.median;
  print([
    ["subject", ...Object.entries(metrics).map(([metric, { unit }]) => `${metric} in ${unit}`)],
    ...[...new Set(its.map((one) => one.subject))].map((subject) => [
      subject,
      ...Object.keys(metrics).map((metric) => (median(subject, metric) === undefined ? "" : number(median(subject, metric)))),
    ]),
  ]);
}

/** What the subjects said in words: a row for each variant, a column for each subject. */
function printMatrix(name, metric, variants, { figures, skipped, failures }) {
  const subjects = [...new Set(Object.values(variants).flatMap((one) => Object.keys(one)))];
  const cell = (variant, subject) => {
    const its = (one) => one.variant === variant && one.subject === subject;
    const said = figures.find((one) => its(one) && one.metric === metric)?.text;
    return said ?? (failures.some(its) ? "FAILED" : "skipped");
  };
  console.log();
  const rows = Object.keys(variants).map((variant) => [variant, ...subjects.map((subject) => cell(variant, subject))]);
  for (const line of wrapped([[name, ...subjects], ...rows], [21, ...subjects.map(() => 18)])) console.log(`    ${line}`);
  const notes = [
    ...skipped.map((one) => `SKIPPED ${one.subject}: ${one.reason}`),
    ...failures.map((one) => `FAILED ${one.variant} ${one.subject}: ${one.reason}`),
  ];
  for (const note of new Set(notes)) console.log(`    ${note}`);
}

/** @returns lines in which what is too long for its column goes on below */
export function wrapped(rows, widths) {
  return rows.flatMap((row) => {
    const cells = row.map((text, column) => broken(text, widths[column]));
    const height = Math.max(...cells.map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) =>
      cells
        .map((lines, column) => (lines[line] ?? "").padEnd(widths[column]))
        .join("  ")
        .trimEnd(),
    );
  });
}

function broken(text, width) {
  const lines = [""];
  for (const word of text.split(/ |(?<=-)/)) {
    const last = lines.at(-1);
    const joined = last === "" || last.endsWith("-") ? last + word : `${last} ${word}`;
    if (joined.length <= width || last === "") lines[lines.length - 1] = joined;
    else lines.push(word);
  }
  return lines;
}

function print(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows)
    console.log(`    ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  ")}`);
}
