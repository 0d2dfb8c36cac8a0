import { Node, TaskSupervisor, run, callOf, Task } from "taskward";
import { threads } from "taskward/threads";
const mode = process.argv[2];
const node = new Node({name:"main"});
const sup = TaskSupervisor.start({ node, on: threads({ size: 1 }), shutdown: mode === "brutal" ? "brutal_kill" : 500 });
if (mode === "short") console.log(await Task.await(sup.asyncNolink(callOf("file:///tmp/fy.mjs", "short", []))));
else { sup.startChild(callOf("file:///tmp/fy.mjs", "long", [])); await new Promise(r => setTimeout(r, 300)); }
await sup.stop();
console.log("stopped");
