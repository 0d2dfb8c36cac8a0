import { TaskwardError } from "../kernel/errors.js";
import { defaultNode, setDefaultNode } from "../kernel/default-node.js";
import type { Node } from "../kernel/node.js";

let taken = false;

/**
 * Makes a test's node the one that serves whoever names none; answers what gives the place back.
 * @throws TaskwardError when another test has it now
 */
export function standIn(node: Node): () => void {
  if (taken) {
    const what = "two tests at a time cannot both be the default node of this event loop";
    throw new TaskwardError("invalid_option", `${what}: run them one after the other, or give { standIn: false } and hand over the node`);
  }
  const before = defaultNode();
  taken = true;
  setDefaultNode(node);
  return () => {
    taken = false;
    setDefaultNode(before);
  };
}
