const number = (value) => value.toLocaleString("en", { maximumSignificantDigits: 4 });

/** One table for each variant and metric, the best first, each beside Taskward. */
export function printTable({ name, claim, metrics, variants }, { figures, skipped, failures }) {
  console.log(`\n${name}: ${claim}`);
  for (const variant of Object.keys(variants)) {
    for (const [metric, { unit, better = "less", ratio = true }] of Object.entries(metrics)) {
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
    for (const { subject, reason } of skipped.filter((one) => one.variant === variant)) console.log(`    SKIPPED ${subject}: ${reason}`);
    for (const { subject, reason } of failures.filter((one) => one.variant === variant)) console.log(`    FAILED ${subject}: ${reason}`);
  }
  console.log();
}

function print(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows)
    console.log(`    ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  ")}`);
}
