import { LoadFailed } from "../../kernel/errors.js";

/** Loads what needs a part of NATS' client: that is there for those who use it, and nobody else has to install it. @throws LoadFailed */
export function loadClient<M>(load: () => Promise<M>, name: string, what: string): Promise<M> {
  return load().catch((cause: unknown) => {
    if ((cause as { readonly code?: unknown }).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new LoadFailed(`${what}, which is not installed: npm install ${name}`, { cause });
  });
}
