import { statSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { UsageError } from "./usage-error.js";

/** The function that every task calls. */
export interface Target {
  /** As it was written. */
  readonly text: string;
  readonly url: URL;
  readonly exportName: string;
}

/** Reads `./tasks.js#make` or `make`, for nodes that know functions by their names: whether there is such a module here does not matter. */
export function parseRegistered(text: string): Target {
  const exportName = text.slice(text.lastIndexOf("#") + 1);
  if (exportName === "")
    throw new UsageError(`"${text}" names no function; write the name that the nodes have registered, such as make or ./tasks.js#make`);
  return { text, url: new URL("registered:"), exportName };
}

/** Reads `./thumbnail.ts#make`. The module must be a file that exists; what it exports only an import can tell. */
export function parseTarget(text: string, directory: string): Target {
  const at = text.lastIndexOf("#");
  const [module, exportName] = at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
  if (module === "") throw new UsageError(`"${text}" names no module; write <module>#<export>, such as ./thumbnail.js#make`);
  if (exportName === "") throw new UsageError(`"${text}" names no export; write ${module}#<export>, or ${module}#default for its default export`);
  const path = module.startsWith("file:") ? fileURLToPath(module) : resolve(directory, module);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new UsageError(`there is no module ${module} (looked for ${path})`);
  if (!stat.isFile()) throw new UsageError(`${module} is a directory; name the module in it`);
  return { text, url: pathToFileURL(path), exportName };
}
