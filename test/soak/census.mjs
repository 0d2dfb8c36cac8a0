import { readFileSync, readdirSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { defaultNode } from "taskward";

/** The processes that this one has started, by their numbers; none where the system does not tell. */
function children() {
  try {
    return readdirSync("/proc/self/task").flatMap((thread) => readFileSync(`/proc/self/task/${thread}/children`, "utf8").split(" ").filter(Boolean));
  } catch {
    return [];
  }
}

const count = (all) => {
  const counts = {};
  for (const one of all) counts[one] = (counts[one] ?? 0) + 1;
  return counts;
};

/** What this program holds that must not grow with the tasks it has run. Needs `--expose-gc`. */
export async function census() {
  // What ended in this turn lets go in the next ones, and a collection may run finalisers whose leavings go with the second.
  for (let round = 0; round < 3; round++) {
    await turn();
    globalThis.gc();
  }
  const node = defaultNode();
  const { heapUsed, rss, external, arrayBuffers } = process.memoryUsage();
  return {
    memory: { heapUsed, rss, external, arrayBuffers },
    held: {
      processes: node.processCount,
      addresses: [...node.table.keys()].length,
      names: [...node.names.keys()].length,
      stragglers: node.stragglers,
      ...Object.fromEntries(Object.entries(count(process.getActiveResourcesInfo())).map(([kind, number]) => [`${kind} handles`, number])),
      listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
      children: children().length,
      descriptors: descriptors(),
    },
  };
}

function descriptors() {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return 0;
  }
}

/** What there is more of now than there was before. */
export function grown(before, now) {
  return Object.entries(now)
    .filter(([what, number]) => number > (before[what] ?? 0))
    .map(([what, number]) => `${what}: ${before[what] ?? 0}, now ${number}`);
}
