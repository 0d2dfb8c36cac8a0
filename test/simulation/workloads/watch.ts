import { Down, type Exit } from "../../../src/kernel/messages.js";
import type { Workload } from "../system.js";

/** Links and monitors of a process elsewhere, which ends in some way: each is told once, and the dead one says nothing after it. */
export const watch: Workload = async (system) => {
  const { sim, dice } = system;
  const [from, to] = system.twoNodes();
  const [near, far] = [sim.nodes[from], sim.nodes[to]];
  const isOver = near.run(async (self) => {
    self.trapExit = true;
    const how = dice.of(["normal", "shutdown", "boom", "kill"]);
    const ms = dice.whole(0, 80);
    const other = far.spawn(async (me) => {
      const until = sim.time.now + ms;
      while (sim.time.now < until) {
        me.send(self.pid, "alive");
        await me.sleep(7);
      }
      me.exit(how);
    });
    system.plansEnd(other);
    const refs = dice.times(dice.whole(1, 3), () => self.monitor(other));
    self.link(other);
    if (dice.chance(0.3)) self.exit(other, "kill");
    const told = new Map<unknown, number>();
    let isLost = false;
    for (let quiet = 0; quiet < 2;) {
      const message = await self.receive(undefined, { after: 500 });
      if (message === undefined) quiet++;
      else if (message === "alive") system.expect(told.size === 0 || isLost, "a message of a process whose end had been told");
      else {
        const key = message instanceof Down ? message.ref : "link";
        // Whoever cannot be reached may live, and be heard of again.
        isLost ||= (message as Down | Exit).reason === "noconnection";
        told.set(key, (told.get(key) ?? 0) + 1);
      }
    }
    for (const key of [...refs, "link"]) system.expect(told.get(key) === 1, `${key} was told ${told.get(key) ?? 0} times`);
  });
  await isOver.catch((error: unknown) => system.mayEnd(near, error));
};
