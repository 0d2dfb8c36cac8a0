import { fork, spawn, spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { drive, missingPlace } from "../harness/pools.mjs";
import { median, timeRounds } from "../harness/rounds.mjs";
import { figure, ratio } from "../harness/targets.mjs";

const tasks = new URL("../workers/tasks.mjs", import.meta.url);
const program = fileURLToPath(new URL("../workers/cluster.mjs", import.meta.url));

const needs = (command) => (spawnSync(command, ["--version"]).error === undefined ? undefined : `${command} is not installed`);

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** Starts a server, and waits until it says that it is ready. */
async function serve(command, argv, ready) {
  const server = spawn(command, argv, { stdio: ["ignore", "pipe", "pipe"] });
  await new Promise((resolve, reject) => {
    server.once("exit", (code) => reject(new Error(`${command} ended with ${code}`)));
    for (const stream of [server.stdout, server.stderr]) stream.on("data", (text) => String(text).includes(ready) && resolve());
  });
}

async function startNats() {
  const port = await freePort();
  await serve("nats-server", ["-a", "127.0.0.1", "-p", String(port)], "Server is ready");
  return port;
}

/** Two workers, each in a program of its own. */
const startWorkers = (kind, port) =>
  Promise.all(
    ["one", "two"].map((name) => {
      const child = fork(program, [kind, name, String(port)]);
      return new Promise((resolve) => child.once("message", () => resolve(child)));
    }),
  );

async function taskward(tick = 5_000) {
  const { TaskRunner, TaskSupervisor, tasksFrom } = await import("taskward");
  const { joinCluster } = await import("taskward/cluster");
  const port = await startNats();
  const workers = await startWorkers("taskward", port);
  const cluster = await joinCluster({ name: "main", servers: `nats://127.0.0.1:${port}`, tick });
  await Promise.all(["one", "two"].map((name) => cluster.whenUp(name)));
  const group = TaskSupervisor.start({ on: cluster.group("workers") });
  const references = tasksFrom(tasks);
  return {
    cluster,
    workers,
    async drive(name, from, to, outstanding) {
      let total = 0;
      const specs = function* () {
        for (let input = from; input < to; input++) yield [group, references[name](input)];
      };
      for await (const event of TaskRunner.run(specs(), { maxConcurrency: outstanding })) {
        if (event.type !== "ok") throw new Error(`${name} ended with ${event.type}`, { cause: event.reason });
        total += event.value;
      }
      return total;
    },
  };
}

/** NATS' own request and reply, between the same programs. */
async function raw() {
  const { connect } = await import("@nats-io/transport-node");
  const port = await startNats();
  await startWorkers("raw", port);
  const connection = await connect({ servers: `nats://127.0.0.1:${port}` });
  const run = async (_name, input) => (await connection.request("bench", JSON.stringify(input), { timeout: 30_000 })).json();
  return { drive: (name, from, to, outstanding) => drive({ run }, name, from, to, outstanding) };
}

async function bullmq() {
  const { Queue, QueueEvents } = await import("bullmq");
  const port = await freePort();
  await serve("redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"], "Ready to accept connections");
  await startWorkers("bullmq", port);
  const connection = { host: "127.0.0.1", port };
  const queue = new Queue("bench", { connection, defaultJobOptions: { removeOnComplete: true } });
  // From the first event on: one that came before it listens would be waited for without end.
  const events = new QueueEvents("bench", { connection, lastEventId: "0-0" });
  await events.waitUntilReady();
  const waiting = new Map();
  events.on("completed", ({ jobId, returnvalue }) => {
    waiting.get(jobId)?.(Number(returnvalue));
    waiting.delete(jobId);
  });
  let last = 0;
  const run = (name, input) =>
    new Promise((resolve, reject) => {
      const jobId = `job-${++last}`;
      waiting.set(jobId, resolve);
      queue.add(name, input, { jobId }).catch(reject);
    });
  return { drive: (name, from, to, outstanding) => drive({ run }, name, from, to, outstanding) };
}

const timed = (start, outstanding, count, figures, missing) => {
  const measure = async ({ quick }) => {
    const pool = await start();
    const sum = (count * (count + 1)) / 2;
    const { time } = await timeRounds(() => pool.drive("trivial", 0, count, outstanding), { pieces: count, sum, rounds: quick ? 2 : 5 });
    return figures(time);
  };
  measure.missing = missing;
  return measure;
};

const rate = (ns) => ({ rate: 1e9 / ns });
const latency = (ns) => ({ latency: ns / 1e3 });

const withNats = () => missingPlace("cluster") ?? needs("nats-server");
const withRedis = () => needs("redis-server");

/** How long it takes until a monitor hears that its node is gone, by a signal; in milliseconds, or as a part of the tick. */
const down = (signal, of) => {
  const measure = async ({ quick }) => {
    const { Down, run } = await import("taskward");
    const times = [];
    for (let round = 0; round < (quick ? 2 : 5); round++) {
      const { cluster, workers } = await taskward(2_000);
      await run(async (self) => {
        const ref = cluster.monitor(self, "one");
        // The node has been there for a while.
        await self.sleep(1_000);
        const begin = performance.now();
        workers[0].kill(signal);
        await self.receive((message) => message instanceof Down && message.ref === ref);
        times.push(performance.now() - begin);
      });
      await cluster.leave();
      for (const worker of workers) worker.kill("SIGKILL");
    }
    return of(median(times));
  };
  measure.missing = withNats;
  return measure;
};

export default {
  claim: "tasks on two nodes of a cluster on one machine, beside NATS' own request and reply, and BullMQ; and how soon a lost node is missed",
  metrics: { rate: { unit: "tasks/s", better: "more" }, latency: { unit: "µs/task" }, time: { unit: "ms" }, ticks: { unit: "ticks" } },
  passes: { quick: 2, full: 5 },
  variants: {
    throughput: {
      taskward: timed(taskward, 256, 100_000, rate, withNats),
      nats: timed(raw, 256, 20_000, rate, withNats),
      bullmq: timed(bullmq, 256, 2_000, rate, withRedis),
    },
    latency: {
      taskward: timed(taskward, 1, 1_000, latency, withNats),
      nats: timed(raw, 1, 1_000, latency, withNats),
      bullmq: timed(bullmq, 1, 300, latency, withRedis),
    },
    killed: { taskward: down("SIGKILL", (time) => ({ time })) },
    stopped: { taskward: down("SIGSTOP", (time) => ({ ticks: time / 2_000 })) },
  },
  targets: [
    ratio("throughput", "rate", "nats", { atLeast: 2 }),
    ratio("throughput", "rate", "bullmq", { atLeast: 5 }),
    ratio("latency", "latency", "nats", { atMost: 1.4 }),
    figure("killed", "time", { below: 500 }, { unit: "ms" }),
    figure("stopped", "ticks", { atMost: 1.2 }, { unit: "ticks" }),
  ],
};
