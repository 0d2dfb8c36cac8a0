import { Node } from "./node.js";

let current: Node | undefined;

/**
 * The node that serves whoever names none: `main` in a program, the thread's own in a worker thread. Made when first asked for.
 *
 * @example
 * for (const { pid, runs, status } of defaultNode().processes()) console.log(pid, runs, status);
 */
export function defaultNode(): Node {
  return (current ??= new Node());
}

/** Makes `node` the one that serves whoever names none. For places, when they set up a node of their own. */
export function setDefaultNode(node: Node): void {
  current = node;
}
