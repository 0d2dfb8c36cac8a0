/**
 * A program that is a node of a cluster, and runs what others send it. It is told what it is called, and what it can do, by the program that started it,
 * and ends with that.
 */
import { joinCluster } from "taskward/cluster";

const { modules, ...options } = JSON.parse(process.argv[2]);
const all = await Promise.all(modules.map((url) => import(url)));
const functions = Object.fromEntries(all.flatMap((exports) => Object.entries(exports)).filter(([, fn]) => typeof fn === "function"));

process.on("disconnect", () => process.exit());
const cluster = await joinCluster({ ...options, functions, reporter: () => undefined });
process.on("message", async (order) => {
  if (order === "drain") {
    await cluster.drain();
    process.send("drained");
  } else if (order === "leave") {
    await cluster.leave();
    process.send("left");
    process.disconnect();
  }
});
process.send("up");
