import { importModule } from "../places/import-module.js";
import { reasonLine } from "./reason.js";

/** What is wrong with a module or its export, or undefined. */
export type Probed = { readonly problem: string } | undefined;

/**
 * Imports the module where the tasks will run and looks for the function. It runs there as the first task, so that the module is
 * loaded in the same way, and costs nothing twice: the tasks that follow find it loaded.
 */
export async function probe(url: string, exportName: string): Promise<Probed> {
  let exported: Record<string, unknown>;
  try {
    exported = (await importModule(url)) as Record<string, unknown>;
  } catch (error) {
    return { problem: `cannot be imported: ${reasonLine(error)}` };
  }
  if (!Object.hasOwn(exported, exportName)) return { problem: `has no export "${exportName}"${suggestion(exported)}` };
  const found = exported[exportName];
  return typeof found === "function" ? undefined : { problem: `exports "${exportName}", but it is ${article(found)} and no function` };
}

function suggestion(exported: Record<string, unknown>): string {
  const functions = Object.keys(exported).filter((name) => typeof exported[name] === "function");
  return functions.length === 0 ? "; it exports no function at all" : `; the functions it exports are ${functions.join(", ")}`;
}

function article(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  const type = Array.isArray(value) ? "array" : typeof value;
  return `${/^[aeiou]/.test(type) ? "an" : "a"} ${type}`;
}
