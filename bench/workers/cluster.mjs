/** A worker of a cluster in a program of its own: a node of Taskward's, a raw responder at NATS, or one of BullMQ's. Ends with the program that started it. */
import * as tasks from "./tasks.mjs";

const [kind, name, port] = process.argv.slice(2);
process.on("disconnect", () => process.exit());

const start = {
  async taskward() {
    const { joinCluster } = await import("taskward/cluster");
    await joinCluster({ name, servers: `nats://127.0.0.1:${port}`, groups: ["workers"], functions: tasks, concurrency: 128 });
  },
  async raw() {
    const { connect } = await import("@nats-io/transport-node");
    const connection = await connect({ servers: `nats://127.0.0.1:${port}` });
    connection.subscribe("bench", {
      queue: "workers",
      callback: (_error, message) => message.respond(JSON.stringify(tasks.trivial(message.json()))),
    });
    await connection.flush();
  },
  async bullmq() {
    const { Worker } = await import("bullmq");
    const worker = new Worker("bench", async (job) => tasks.trivial(job.data), {
      connection: { host: "127.0.0.1", port: Number(port) },
      concurrency: 128,
    });
    await worker.waitUntilReady();
  },
};
await start[kind]();
process.send("up");
