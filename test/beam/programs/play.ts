import { Orders, actor } from "./actor.js";
import type { Command, Program, Trace } from "./program.js";
import { World } from "./world.js";

/** Plays a program here, in virtual time. */
export async function play({ steps }: Program): Promise<Trace> {
  const world = new World();
  const { node } = world.time;
  await world.open();
  for (const id of ["p1", "p2", "p3"]) world.born(id, node.spawn(actor(world, id)));
  await world.quiet();
  const trace = [];
  for (const step of steps) {
    tell(world, step);
    await world.quiet();
    trace.push(world.take());
  }
  tell(
    world,
    [...world.living.values()].map((name) => [name.split("#", 1)[0] ?? "", ["drain"]] as const),
  );
  await world.quiet();
  trace.push(world.take());
  await world.close();
  return trace;
}

function tell(world: World, step: readonly Command[]): void {
  for (const [id, ...ops] of step) {
    const pid = world.pid(id);
    if (pid === undefined || !world.living.has(pid)) world.note(id, "is not there");
    else if (/^[dgs]/.test(id)) continue;
    else if (world.busy.has(pid)) world.note(id, "is busy");
    else {
      world.busy.add(pid);
      world.time.node.send(pid, new Orders(ops));
    }
  }
}
