/**
 * Measures one subject in a process of its own: `node harness/child.mjs CASE VARIANT SUBJECT [--quick]`, by hand also with `--cpu-prof`.
 * Tells the parent its figures, or prints them where there is none.
 */
import { loadCase } from "./cases.mjs";

const [name, variant, subject, mode] = process.argv.slice(2);
const { variants } = await loadCase(name);
const measure = variants[variant]?.[subject];
if (measure === undefined) {
  const all = Object.entries(variants).flatMap(([one, subjects]) => Object.keys(subjects).map((which) => `  ${name} ${one} ${which}`));
  throw new Error(`give a case, a variant and a subject:\n${all.join("\n")}`);
}
const figures = await measure({ quick: mode === "--quick" });
// What a subject has started, threads among it, ends with the process: how well a pool closes is not what is measured.
if (process.send === undefined) {
  console.log(JSON.stringify(figures));
  process.exit();
}
process.send(figures, () => process.exit());
