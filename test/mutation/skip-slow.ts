import { beforeEach } from "vitest";

/** What starts threads and child processes tests the places, and takes longer than all the rest together. */
const elsewhere = /\bthreads?\b|'processes'|child process|process (one|two)|\bcluster\b|its listener throws/;

/** What takes long to show that something stays flat, or what waits in real time. */
const slow =
  /stays flat over a million|two processes never stop|takes a hundred thousand|hundred thousand restarts|longer than the stack ends as one|a handle that|stream has one reader/;

/** What takes a node that shares nothing with this one: it can be ended by what its tasks do, and has ambient values of its own. */
const apart = /context: 'nodes inside'|'nodes inside'.*(node under the task is lost|stops what runs and what waits)/;

// Stryker takes no pattern of names from the configuration.
beforeEach(({ task, skip }) => {
  let name = task.name;
  for (let { suite } = task; suite; suite = suite.suite) name = `${suite.name} ${name}`;
  if (elsewhere.test(name) || slow.test(name) || apart.test(name)) skip();
});
