// Runs one of these programs: `npm run build` first, then `node examples/seed/run.mjs async-await`.
import { TaskSupervisor, run } from "taskward";
import { register } from "tsx/esm/api";

register();

const programs = {
  "async-await": async (self) => (await import("./async-await.ts")).asyncAwait(self),
  "async-find": async (self) => (await import("./async-find.ts")).asyncFind(self),
  timeout: async (self) => (await import("./timeout.ts")).timeout(self),
  "supervised-task": async (self, supervisor) => (await import("./supervised-task.ts")).supervisedTask(self, supervisor),
  "task-runner-client": async (self, supervisor) => (await import("./task-runner-client.ts")).taskRunnerClient(self, supervisor),
  "task-runner-server": serve,
};

/** Starts the server, and asks it every tenth of a second how far it is. */
async function serve(self, supervisor) {
  const { Stop, askProgress, taskRunnerServer } = await import("./task-runner-server.ts");
  const server = self.spawnLink((process) => taskRunnerServer(process, supervisor));
  for (;;) {
    const progress = await askProgress(self, server);
    if (progress.status !== "running") {
      self.send(server, new Stop());
      return progress;
    }
    console.log(progress);
    await self.sleep(100);
  }
}

const program = programs[process.argv[2]];
if (program === undefined) {
  console.error(`say which: ${Object.keys(programs).join(", ")}`);
  process.exit(2);
}

const supervisor = TaskSupervisor.start();
try {
  console.log(await run((self) => program(self, supervisor)));
} finally {
  await supervisor.stop();
}
