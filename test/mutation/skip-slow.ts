import { beforeEach } from "vitest";

/** What starts threads and child processes tests the places, and takes longer than all the rest together. */
const elsewhere = /\bthreads?\b|'processes'|child process|process (one|two)|its listener throws/;

/** What takes long to show that something stays flat, or what waits in real time. */
const slow =
  /stays flat over a million|two processes never stop|takes a hundred thousand|hundred thousand restarts|longer than the stack ends as one|a handle that|stream has one reader/;

// Stryker takes no pattern of names from the configuration.
beforeEach(({ task, skip }) => {
  let name = task.name;
  for (let { suite } = task; suite; suite = suite.suite) name = `${suite.name} ${name}`;
  if (elsewhere.test(name) || slow.test(name)) skip();
});
