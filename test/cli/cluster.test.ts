/** Nodes of a cluster, started, listed and used from the shell. */
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { NatsServer, hasNats } from "../places/cluster/nats.js";
import { Running, resultsIn, task, valuesOf } from "./taskward.js";

const module = task("echo").split("#")[0] as string;

describe.runIf(hasNats)("taskward node, nodes, and run --on nats", () => {
  let nats: NatsServer;
  beforeAll(async () => {
    nats = await NatsServer.start();
  });
  afterAll(() => nats.kill());

  const node = async (name: string, ...more: readonly string[]): Promise<Running> => {
    const one = new Running(["node", "--name", name, "--servers", nats.url, "--functions", module, ...more]);
    onTestFinished(() => void one.child.kill("SIGKILL"));
    await one.saw(`taskward: node ${name} (`);
    return one;
  };
  const call = (...argv: readonly string[]) => new Running(argv).ended;

  it("runs tasks on the nodes of a group, and lists them", async () => {
    const [a, b] = [await node("a", "--group", "workers", "--group", "fast", "--concurrency", "2"), await node("b", "--group", "workers")];
    const { stdout, status } = await call("run", "echo", "--on", `${nats.url}#workers`, "--", "1", "2", "3");
    expect([valuesOf(resultsIn(stdout)), status]).toEqual([["1", "2", "3"], 0]);
    const listed = await call("nodes", "--servers", nats.url);
    expect(listed.stdout).toBe(["node  groups        load  capacity", "a     workers,fast  0     2", "b     workers       0     64", ""].join("\n"));
    const json = await call("nodes", "--json", "--servers", nats.url);
    expect(
      json.stdout
        .split("\n")
        .slice(0, 2)
        .map((line) => (JSON.parse(line) as { name: string }).name),
    ).toEqual(["a", "b"]);
    for (const one of [a, b]) {
      one.child.kill("SIGTERM");
      expect((await one.ended).status).toBe(0);
    }
    expect((await call("nodes", "--servers", nats.url)).stdout).toBe("node  groups  load  capacity\n");
  });

  it("ends what it has when it is stopped, within its time", async () => {
    const a = await node("a", "--group", "workers", "--drain", "100ms");
    const run = new Running(["run", "linger", "--on", `${nats.url}#workers`, "--", "linger on"]);
    onTestFinished(() => void run.child.kill("SIGKILL"));
    for (;;) {
      const { stdout } = await call("nodes", "--json", "--servers", nats.url);
      const loads = stdout.split("\n").map((line) => (line === "" ? 0 : (JSON.parse(line) as { load: number }).load));
      if (loads.includes(1)) break;
    }
    a.child.kill("SIGTERM");
    expect(await a.ended).toMatchObject({ status: 0, stderr: expect.stringContaining("takes nothing new") });
    const { stdout, status } = await run.ended;
    expect(resultsIn(stdout)).toMatchObject([{ ok: false, error: { message: "noconnection" } }]);
    expect(status).toBe(1);
  });

  it("says that a function is not registered, and what is", async () => {
    const a = await node("a", "--group", "workers");
    const { stdout, status } = await call("run", "./anything.js#nope", "--on", `${nats.url}#workers`, "--", "1");
    expect(resultsIn(stdout)[0]?.error?.message).toMatch(/^"nope" is not registered on this node: its functions are /);
    expect(status).toBe(1);
    const ended = once(a.child, "exit");
    a.child.kill("SIGTERM");
    await ended;
  });

  const bad = join(mkdtempSync(join(tmpdir(), "taskward-")), "empty.mjs");
  afterAll(() => {
    rmSync(dirname(bad), { recursive: true });
  });
  it.each<[string, readonly string[], string]>([
    [
      "a place without a group",
      ["run", "f", "--on", "nats://127.0.0.1:4222", "--", "1"],
      "names no group of nodes; write nats://server:4222#workers",
    ],
    [
      "where no server is",
      ["run", "f", "--on", "nats://127.0.0.1:1#workers", "--", "1"],
      "the cluster at nats://127.0.0.1:1 cannot be joined: connection refused",
    ],
    [
      "a heap for nodes that others started",
      ["run", "f", "--on", "nats://x#y", "--max-heap", "99", "--", "1"],
      "--max-heap is for threads and processes",
    ],
    [
      "credentials for no cluster",
      ["run", `${module}#echo`, "--creds", "x", "--", "1"],
      "--cluster, --creds and --tls-ca are for --on nats://server:4222#group",
    ],
    ["no functions", ["node", "--name", "a"], "required option '--functions <module>' not specified"],
    ["a module that is not there", ["node", "--functions", "./nowhere.mjs"], "--functions ./nowhere.mjs cannot be imported"],
    ["a module without functions", ["node", "--functions", bad], "no function is exported there"],
    ["credentials that are not there", ["nodes", "--creds", "/nowhere/x.creds"], "--creds /nowhere/x.creds cannot be read"],
    ["a name that cannot be", ["node", "--name", "a.b", "--functions", module], 'name is "a.b": give letters'],
  ])("refuses %s", async (_what, argv, message) => {
    writeFileSync(bad, "export const five = 5;\n");
    const { stderr, status } = await call(...argv);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });
});
