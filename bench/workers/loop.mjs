/** For the case `abort`: a task that loops until its worker is stopped, and a trivial one. */
import { begin } from "./scratch.mjs";
import { trivial } from "./tasks.mjs";

export { trivial };

export function loop() {
  begin();
  for (;;);
}

export default ({ name, input }) => (name === "loop" ? loop() : trivial(input));
