/** What came in one message goes back in one message. */
import { serve } from "./raw-port.mjs";
import { trivial } from "./tasks.mjs";

serve((batch, post) => {
  const results = new Array(batch.length);
  for (let index = 0; index < batch.length; index++) {
    const [id, input] = batch[index];
    results[index] = [id, trivial(input)];
  }
  post(results);
});
