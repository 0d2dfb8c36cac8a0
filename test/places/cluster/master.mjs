/**
 * A program that goes on with a durable run: it joins the cluster, and notes each event in a file before it asks for the next one. It is told what to run by the program that
 * started it, tells it how many events it has had, and ends with it.
 */
import { writeSync, openSync } from "node:fs";
import { TaskRunner, TaskSupervisor, tasksFrom } from "taskward";
import { joinCluster } from "taskward/cluster";

const { servers, run, count, file, job, args, retry, name = "master" } = JSON.parse(process.argv[2]);
const jobs = tasksFrom(new URL("./fixtures/jobs.mjs", import.meta.url));
const events = openSync(file, "a");

process.on("disconnect", () => process.exit());
const cluster = await joinCluster({ name, servers, tick: 1_000, reporter: () => undefined });
const workers = TaskSupervisor.start({ on: cluster.group("workers") });
const specs = Array.from({ length: count }, (_, index) => [workers, jobs[job](args[0], index, ...args.slice(1))]);
let had = 0;
try {
  for await (const { type, index, value, reason } of TaskRunner.run(specs, { durable: run, retry })) {
    writeSync(events, `${JSON.stringify({ life: process.pid, type, index, what: type === "ok" ? value : String(reason) })}\n`);
    process.send(++had);
  }
  process.send("over");
} catch (error) {
  process.send({ error: { code: error.code, message: error.message } });
}
