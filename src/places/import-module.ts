import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { receiveContexts } from "../context/context.js";

/** Node strips types itself, or has been given a loader that does. */
const readsTypeScript = (): boolean =>
  Boolean((process.features as { readonly typescript?: unknown }).typescript) ||
  [...process.execArgv, process.env["NODE_OPTIONS"] ?? ""].some((text) => text.includes("tsx"));

receiveContexts();

let registered = false;

/** Imports a module of tasks. TypeScript runs as it is while developing: by Node's own type stripping, or by tsx where that is installed. */
export async function importModule(url: string): Promise<unknown> {
  if (/\.[cm]?tsx?$/.test(new URL(url).pathname) && !registered && !readsTypeScript()) {
    await registerTsx(url);
    registered = true;
  }
  return import(url);
}

async function registerTsx(url: string): Promise<void> {
  const near = createRequire(url.startsWith("file:") ? url : import.meta.url);
  let api: string;
  try {
    // The file meant for `import`: what a `require` is given registers a hook that cannot be found.
    const { exports } = near("tsx/package.json") as { exports: { "./esm/api": { import: { default: string } } } };
    api = new URL(exports["./esm/api"].import.default, pathToFileURL(near.resolve("tsx/package.json"))).href;
  } catch (cause) {
    const advice = "install tsx, use Node 22.18 or later, or give the compiled .js file";
    throw new Error(`this Node (${process.version}) does not run TypeScript by itself: ${advice}`, { cause });
  }
  const { register } = (await import(api)) as { register: () => void };
  register();
}
