#!/usr/bin/env node
import { taskward } from "./taskward.js";

// Taken now: while tasks run, what prints to process.stdout goes elsewhere.
const { stdin, stdout, stderr } = process;
const { status, tasksRunOn } = await taskward(process.argv.slice(2), { stdin, stdout, stderr });
process.exitCode = status;
// A task on this event loop that was killed may still hold timers and sockets: they must not keep the command from ending.
if (!tasksRunOn) process.exit();
