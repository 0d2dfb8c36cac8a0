import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Programs } from "../../programs.js";
import { NatsServer, hasNats } from "./nats.js";

const servers = 'process.env["NATS"] ?? ""';

/** This program as one node, and another one of the group beside it. */
const twoNodes = `
import { Task, TaskRunner, TaskSupervisor as Supervisors, run, tasksFrom as from } from "taskward";
import { joinCluster } from "taskward/cluster";
import * as functions from "./computation.js";
await using cluster = await joinCluster({ name: "home", servers: ${servers} });
await using other = await joinCluster({ name: "b", servers: ${servers}, isDefault: false, groups: ["workers"], functions });
Supervisors.start({ node: other.node, name: "pool" });
await cluster.whenUp("b");
`;

/** What each program prints, by its heading. */
const printed: Readonly<Record<string, string>> = {
  Joining: "b [ 'workers' ]",
  "Tasks on other nodes": "43 43 43",
  "Durable runs": "0 2\n1 3\nover",
  "Who is there": "{ said: 'hello' }\n{ said: 'the same' }",
};

describe.runIf(hasNats)("docs/cluster.md", () => {
  let nats: NatsServer;
  let store: string;
  beforeAll(async () => {
    store = await mkdtemp(join(tmpdir(), "taskward-"));
    nats = await NatsServer.start("-js", "-sd", store);
  });
  afterAll(async () => {
    await nats.kill();
    await rm(store, { recursive: true });
  });

  const document = new Programs(
    "docs/cluster.md",
    {
      Joining: "console.log(cluster.name, cluster.info.groups);",
      "Tasks on other nodes": `
        console.log(await Task.await(task), await Task.await(b.asyncNolink(computation.run(42))), await Task.await(pool.asyncNolink(computation.run(42))));`,
      "Durable runs": 'console.log("over");',
      "Who is there": `
        console.log(await self.receive());
        console.log(await self.receive());
      });`,
    },
    {
      prologues: {
        "Tasks on other nodes": twoNodes,
        "Durable runs": `${twoNodes}
          const computation = from<typeof import("./computation.js")>(new URL("./computation.js", import.meta.url));
          await using workers = Supervisors.start({ on: cluster.group("workers"), concurrency: 1 });
          const files = [1, 2];
          const save = async (index: number, value: number): Promise<void> => console.log(index, value);`,
        "Who is there": `${twoNodes} await run(async (self) => {`,
      },
      files: { "computation.ts": "export const run = (n: number): number => n + 1;\n" },
      own: { '["nats://10.0.0.1:4222", "nats://10.0.0.2:4222"]': servers },
    },
  );

  it("compiles, every block of it", () => {
    // What a program takes from the one before is taken for all, whether it needs it or not.
    expect(document.compile().filter((problem) => !/never (read|used)/.test(problem))).toEqual([]);
  }, 60_000);

  it.each(document.programs.map(({ heading }) => heading))(
    "runs, and ends by itself: %s",
    async (heading) => {
      const { stdout } = await promisify(execFile)(process.execPath, [document.compiled(heading)], {
        cwd: document.folder,
        env: { ...process.env, NATS: nats.url },
        timeout: 60_000,
      });
      expect(stdout.trim()).toBe(printed[heading]);
    },
    60_000,
  );
});
