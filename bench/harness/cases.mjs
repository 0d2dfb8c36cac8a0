import { readdirSync } from "node:fs";

const folder = new URL("../cases/", import.meta.url);

/** A case is a file of `cases/`, and its name is the file's. */
export const caseNames = () =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".mjs"))
    .map((file) => file.slice(0, -".mjs".length))
    .sort();

export async function loadCase(name) {
  const { default: found } = await import(new URL(`${name}.mjs`, folder).href);
  return { name, ...found };
}
