/** What came in one message goes back in one message. */
import { parentPort } from "node:worker_threads";
import { trivial } from "./tasks.mjs";

parentPort.on("message", (batch) => {
  const results = new Array(batch.length);
  for (let index = 0; index < batch.length; index++) {
    const [id, input] = batch[index];
    results[index] = [id, trivial(input)];
  }
  parentPort.postMessage(results);
});
