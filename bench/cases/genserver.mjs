import { beam } from "../harness/beam.mjs";
import { ratio } from "../harness/targets.mjs";
import { timeRounds } from "../harness/rounds.mjs";

const calls = 100_000;

const timed =
  (prepare) =>
  async ({ quick }) =>
    timeRounds(await prepare(), { pieces: calls, sum: calls, rounds: quick ? 3 : 9 });

/** A new server for each round, which counts; what it has counted to in the end is the sum. */
const drive = (start) => async () => {
  const { add, stop } = await start();
  let total = 0;
  for (let call = 0; call < calls; call++) total = await add(1);
  await stop();
  return total;
};

const taskward = timed(async () => {
  const { GenServer } = await import("taskward/behaviours");
  class Counter extends GenServer {
    #count = 0;
    add(n) {
      return (this.#count += n);
    }
  }
  return drive(async () => {
    const server = await GenServer.start(Counter);
    return { add: (n) => server.call.add(n), stop: () => server.stop() };
  });
});

/** The least that a server can be: one request after the other, each with the functions that settle it. No timeout, and nobody hears of its end. */
const raw = timed(async () =>
  drive(async () => {
    const queue = [];
    let wake;
    let open = true;
    const serve = async () => {
      let count = 0;
      while (open) {
        while (queue.length > 0) {
          const { n, resolve } = queue.shift();
          resolve((count += n));
        }
        await new Promise((resolve) => (wake = resolve));
      }
    };
    const served = serve();
    return {
      add: (n) =>
        new Promise((resolve) => {
          queue.push({ n, resolve });
          wake();
        }),
      stop: () => {
        open = false;
        wake();
        return served;
      },
    };
  }),
);

export default {
  claim: "a call to a server and its answer, one after the other; raw is a loop over a queue of promises and nothing else",
  metrics: { time: { unit: "ns/call" }, cpu: { unit: "ns/call" } },
  passes: { quick: 3, full: 7 },
  variants: { call: { taskward, raw, beam: beam("genserver.exs", ({ quick }) => [calls, quick ? 3 : 9]) } },
  targets: [ratio("call", "time", "beam", { atMost: 0.5 })],
};
