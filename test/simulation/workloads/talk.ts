import { Down } from "../../../src/kernel/messages.js";
import type { Workload } from "../system.js";

/** One process tells another on another node, in order. What is lost when their wire is cut is not lost in silence. */
export const talk: Workload = async (system) => {
  const { sim, dice } = system;
  const [from, to] = system.twoNodes();
  const count = dice.whole(1, 30);
  const [near, far] = [sim.nodes[to], sim.nodes[from]];
  const isOver = near.run(async (self) => {
    let last = 0;
    const speaker = far.spawn(async (me) => {
      for (let n = 1; n <= count; n++) {
        me.send(self.pid, n);
        if (dice.chance(0.5)) await me.sleep(dice.whole(0, 10));
      }
    });
    const ref = self.monitor(speaker);
    for (;;) {
      const message = await self.receive();
      if (message instanceof Down) {
        system.expect(message.ref === ref, "a Down of another monitor");
        const isOrderly = message.reason === "normal" || message.reason === "noproc";
        system.expect(last === count || !isOrderly, `${last} of ${count} arrived before the Down, with ${String(message.reason)}`);
        system.expect((await self.receive((one) => one instanceof Down, { after: 100 })) === undefined, "a second Down");
        return;
      }
      system.expect(message === last + 1, `${message as number} after ${last}, and nobody was told of a loss`);
      last = message as number;
    }
  });
  await isOver.catch((error: unknown) => system.mayEnd(near, error));
};
