import { beam } from "../harness/beam.mjs";
import { ratio } from "../harness/targets.mjs";
import { timeRounds } from "../harness/rounds.mjs";

const count = 100_000;
const sum = (count * (count - 1)) / 2;
const inputs = Array.from({ length: count }, (_, index) => index);

/** The task: what counts is what starting it, waiting for it and telling of it costs. */
const task = async (input) => input;

const add = (values) => values.reduce((total, value) => total + value, 0);

const timed =
  (prepare) =>
  async ({ quick }) =>
    timeRounds(await prepare(), { pieces: count, sum, rounds: quick ? 3 : 9, warmUp: quick ? 2 : 3 });

const taskward = (maxConcurrency) =>
  timed(async () => {
    const { TaskRunner, TaskSupervisor } = await import("taskward");
    const here = TaskSupervisor.start();
    return async () => {
      const specs = inputs.map((input) => [here, () => task(input)]);
      let total = 0;
      for await (const event of TaskRunner.run(specs, { maxConcurrency })) if (event.type === "ok") total += event.value;
      return total;
    };
  });

const promiseAll = timed(async () => async () => add(await Promise.all(inputs.map(task))));

const pMap = (concurrency) =>
  timed(async () => {
    const { default: map } = await import("p-map");
    return async () => add(await map(inputs, task, { concurrency }));
  });

const pLimit = (concurrency) =>
  timed(async () => {
    const { default: limited } = await import("p-limit");
    const limit = limited(concurrency);
    return async () => add(await Promise.all(inputs.map((input) => limit(task, input))));
  });

const pQueue = (concurrency) =>
  timed(async () => {
    const { default: PQueue } = await import("p-queue");
    const queue = new PQueue({ concurrency });
    return async () => add(await Promise.all(inputs.map((input) => queue.add(() => task(input)))));
  });

const fastq = (concurrency) =>
  timed(async () => {
    const { default: queueOf } = await import("fastq");
    const queue = queueOf.promise(task, concurrency);
    return async () => add(await Promise.all(inputs.map((input) => queue.push(input))));
  });

const effect = (concurrency) =>
  timed(async () => {
    const { Effect } = await import("effect");
    return async () => add(await Effect.runPromise(Effect.forEach(inputs, (input) => Effect.promise(() => task(input)), { concurrency })));
  });

const onBeam = (how) => beam("fanout.exs", ({ quick }) => [how, count, quick ? 2 : 7]);

export default {
  claim: "starting 100,000 trivial async tasks on one event loop and taking their results, 8 at once or all at once",
  metrics: { time: { unit: "ns/task" }, cpu: { unit: "ns/task" } },
  passes: { quick: 2, full: 5 },
  variants: {
    8: {
      taskward: taskward(8),
      "p-map": pMap(8),
      "p-limit": pLimit(8),
      "p-queue": pQueue(8),
      fastq: fastq(8),
      effect: effect(8),
      // Its supervised stream: the nearest to the same work.
      beam: onBeam("async_stream_nolink"),
    },
    unbounded: {
      taskward: taskward(Number.POSITIVE_INFINITY),
      "promise-all": promiseAll,
      "p-map": pMap(Number.POSITIVE_INFINITY),
      "p-limit": pLimit(Number.POSITIVE_INFINITY),
      "p-queue": pQueue(Number.POSITIVE_INFINITY),
      fastq: fastq(count),
      effect: effect("unbounded"),
      beam: onBeam("async_nolink"),
    },
  },
  targets: [
    ratio("8", "time", "p-map", { atMost: 2 }),
    ...["p-limit", "p-queue", "fastq"].map((peer) => ratio("8", "time", peer, { below: 1 })),
    ratio("8", "time", "beam", { atMost: 0.25 }, { peerVariant: "unbounded" }),
    ratio("unbounded", "time", "p-map", { atMost: 3 }),
    ...["p-limit", "p-queue", "fastq"].map((peer) => ratio("unbounded", "time", peer, { below: 1 })),
    ratio("unbounded", "time", "beam", { atMost: 0.25 }),
  ],
};
