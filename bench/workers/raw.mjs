/** A message in, a message out; or half of all tasks in a loop. */
import { serve } from "./raw-port.mjs";
import * as tasks from "./tasks.mjs";

serve(([id, name, input, until], post) => {
  const task = tasks[name];
  if (until === undefined) {
    post([id, task(input)]);
    return;
  }
  let sum = 0;
  for (let each = input; each < until; each++) sum += task(each);
  post([id, sum]);
});
