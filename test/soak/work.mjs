import { Exit, task } from "taskward";
import { GenServer } from "taskward/behaviours";

/** What the tasks of a soak do, wherever they run. */

export const plus = (a, b) => a + b;

export const fails = (n) => {
  throw new RangeError(`task ${n} fails`, { cause: new TypeError("on purpose") });
};

/** Ends its node, and itself with it. */
export const ends = () => process.exit(3);

/** Never ends by itself, and can be asked to. */
export const waits = task(async (self) => {
  await self.receive();
});

/** Takes its time. */
export const naps = task((self) => self.sleep(5));

/** Asked to end, it takes no notice. */
export const isDeaf = task(async (self) => {
  self.trapExit = true;
  for (;;) await self.receive((message) => !(message instanceof Exit));
});

/** Does not let go of its event loop. */
export const loops = () => {
  for (;;);
};

export async function* counts(to) {
  for (let n = 1; n <= to; n++) yield n;
}

export const shifts = (bytes) => bytes.map((byte) => byte + 1);

export class Counter extends GenServer {
  #count = 0;
  add(n) {
    return (this.#count += n);
  }
  crash() {
    throw new Error("a server crashes");
  }
}
