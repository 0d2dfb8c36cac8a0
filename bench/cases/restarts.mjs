import { figure } from "../harness/targets.mjs";

const heap = () => {
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed / 1e6;
};

/** A child that crashes as soon as it runs, so many times; and how much more there is in the end than when it had been restarted a few thousand times. */
async function crashing({ quick }) {
  const { defaultNode } = await import("taskward");
  const { Supervisor } = await import("taskward/behaviours");
  defaultNode().reporter = () => undefined;
  const count = quick ? 20_000 : 100_000;
  const warm = 5_000;
  const reason = new Error("again");
  let starts = 0;
  let before = 0;
  let begin = 0;
  let done;
  const all = new Promise((resolve) => (done = resolve));
  const run = (self) => {
    starts++;
    if (starts === warm) {
      before = heap();
      begin = performance.now();
    }
    if (starts < warm + count) throw reason;
    done();
    return self.receive();
  };
  const supervisor = await Supervisor.start([{ id: "crashing", run }], { maxRestarts: Infinity });
  await all;
  const took = performance.now() - begin;
  const after = heap();
  const [{ restarts }] = await supervisor.whichChildren();
  if (restarts !== warm + count - 1) throw new Error(`${restarts} restarts`);
  await supervisor.stop();
  return { time: (took * 1e3) / count, heap: after - before };
}

/** A tree of so many children, in branches, that all tell of their end: it starts, and stops in reverse order. */
const tree = (branches, size) => async () => {
  const { Exit } = await import("taskward");
  const { Supervisor } = await import("taskward/behaviours");
  const total = branches * size;
  let running = 0;
  let last = total;
  let disorder = 0;
  const leaf = (number) => ({
    id: number,
    run: async (self) => {
      self.trapExit = true;
      running++;
      if (!((await self.receive()) instanceof Exit) || number !== --last) disorder++;
    },
  });
  const branch = (at) => Array.from({ length: size }, (_, index) => leaf(at * size + index));
  const begin = performance.now();
  const children = Array.from({ length: branches }, (_, at) => ({ id: at, start: Supervisor.child(branch(at)) }));
  const supervisor = await Supervisor.start(branches === 1 ? branch(0) : children);
  while (running < total) await new Promise((resolve) => setImmediate(resolve));
  const started = performance.now();
  await supervisor.stop();
  const stopped = performance.now();
  if (disorder > 0 || last !== 0) throw new Error(`${disorder} children out of order, ${last} not stopped`);
  return { start: started - begin, stop: stopped - started };
};

export default {
  claim: "100,000 restarts of one child leave nothing behind; 100,000 children stop one after the other, in order, in less than three seconds",
  metrics: { time: { unit: "us/restart" }, heap: { unit: "MB" }, start: { unit: "ms" }, stop: { unit: "ms" } },
  wide: true,
  passes: { quick: 1, full: 3 },
  variants: {
    crashing: { taskward: crashing },
    flat: { taskward: tree(1, 100_000) },
    tree: { taskward: tree(100, 1_000) },
  },
  targets: [
    figure("crashing", "heap", { atMost: 2 }, { unit: "MB" }),
    figure("flat", "stop", { atMost: 3_000 }, { unit: "ms" }),
    figure("tree", "stop", { atMost: 3_000 }, { unit: "ms" }),
  ],
};
