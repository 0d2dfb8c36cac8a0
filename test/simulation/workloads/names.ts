import { NameTaken } from "../../../src/kernel/errors.js";
import type { Pid } from "../../../src/kernel/ids.js";
import type { Workload } from "../system.js";

/** Several want the same name: one has it at a time, and who has it lives. */
export const names: Workload = async (system) => {
  const { sim, dice } = system;
  const home = dice.of(system.names);
  const node = sim.nodes[home];
  const name = system.newName();
  const all = dice.times(3, () =>
    node.run(async (self) => {
      await self.sleep(dice.whole(0, 20));
      try {
        self.register(name);
        system.expect(self.whereis(name) === self.pid, "a name leads to somebody else");
      } catch (error) {
        if (!(error instanceof NameTaken)) throw error;
        const holder: Pid | undefined = self.whereis(name);
        system.expect(holder !== undefined && node.find(holder) !== undefined, "a name was refused that nobody alive has");
      }
      await self.sleep(dice.whole(0, 20));
    }),
  );
  for (const one of all) await one.catch((error: unknown) => system.mayEnd(node, error));
  system.expect(node.whereis(name) === undefined, "a name is left of the dead");
};
