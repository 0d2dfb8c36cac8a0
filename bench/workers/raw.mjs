/** A message in, a message out; or half of all tasks in a loop. */
import { parentPort } from "node:worker_threads";
import * as tasks from "./tasks.mjs";

parentPort.on("message", ([id, name, input, until]) => {
  const task = tasks[name];
  if (until === undefined) {
    parentPort.postMessage([id, task(input)]);
    return;
  }
  let sum = 0;
  for (let each = input; each < until; each++) sum += task(each);
  parentPort.postMessage([id, sum]);
});
