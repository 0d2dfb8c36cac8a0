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
// Its own group, where it was forked: nothing that it has started outlives whoever asked for the figures.
if (process.send !== undefined && process.platform !== "win32") process.once("disconnect", () => process.kill(-process.pid, "SIGKILL"));
const figures = await measure({ quick: mode === "--quick" });
// What a subject has started, threads among it, ends with the process: how well a pool closes is not what is measured.
if (process.send === undefined) {
  console.log(JSON.stringify(figures));
  process.exit();
} else process.send(figures, () => process.exit());
