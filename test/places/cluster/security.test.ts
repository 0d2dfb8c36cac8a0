import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "@nats-io/transport-node";
import { type KeyPair, createAccount, createOperator, createUser } from "@nats-io/nkeys";
import { Down, Task, TaskRunner, TaskSupervisor, tasksFrom } from "taskward";
import { type Cluster, type ClusterOptions, joinCluster } from "taskward/cluster";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { Kind, headOnly, withRoom, writeHead } from "../../../src/places/cluster/frame.js";
import { NatsServer, hasNats } from "./nats.js";

const { add } = tasksFrom<{ add(a: number, b: number): number }>("registered:all");
const functions = { add: (a: number, b: number): number => a + b };

/** What one key says of another, as NATS reads it. */
function token(issuer: KeyPair, subject: KeyPair, nats: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = {
    jti: "1",
    iat: 1_700_000_000,
    iss: issuer.getPublicKey(),
    sub: subject.getPublicKey(),
    name: "test",
    nats: { version: 2, ...nats },
  };
  const said = `${part({ typ: "JWT", alg: "ed25519-nkey" })}.${part(claims)}`;
  return `${said}.${Buffer.from(issuer.sign(Buffer.from(said))).toString("base64url")}`;
}

describe.runIf(hasNats)("a cluster at a NATS server that lets nobody in", () => {
  const folder = mkdtempSync(join(tmpdir(), "taskward-security-"));
  const closers: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const server = async (config: string): Promise<NatsServer> => {
    const file = join(folder, "nats.conf");
    writeFileSync(file, config);
    const nats = await NatsServer.start("-c", file);
    closers.push(() => nats.kill());
    return nats;
  };
  const enter = async (options: ClusterOptions): Promise<Cluster> => {
    const cluster = await joinCluster({ isDefault: false, reporter: () => undefined, ...options });
    closers.push(() => cluster.leave());
    return cluster;
  };
  /** Two nodes do something for each other. */
  const works = async (options: Omit<ClusterOptions, "name">): Promise<void> => {
    const a = await enter({ ...options, name: "a" });
    await enter({ ...options, name: "b", functions });
    await a.whenUp("b");
    await using far = TaskSupervisor.start({ node: a.node, on: a.on("b") });
    expect(await Task.await(far.asyncNolink(add(40, 2)))).toBe(42);
  };

  it("that asks for a user and a password", async () => {
    const { url: servers } = await server(`authorization { user: "kim", password: "secret" }`);
    await works({ servers, credentials: { user: "kim", pass: "secret" } });
    await expect(joinCluster({ name: "c", servers, isDefault: false })).rejects.toThrow(/authorization/i);
    await expect(joinCluster({ name: "c", servers, isDefault: false, credentials: { user: "kim", pass: "wrong" } })).rejects.toThrow(
      /authorization/i,
    );
  });

  it("that asks for a token", async () => {
    const { url: servers } = await server(`authorization { token: "t0ken" }`);
    await works({ servers, credentials: { token: "t0ken" } });
    await expect(joinCluster({ name: "c", servers, isDefault: false, credentials: { token: "wrong" } })).rejects.toThrow(/authorization/i);
  });

  it("that asks for an nkey", async () => {
    const user = createUser();
    const { url: servers } = await server(`authorization { users: [{ nkey: ${user.getPublicKey()} }] }`);
    await works({ servers, credentials: { nkey: user.getSeed() } });
    await expect(joinCluster({ name: "c", servers, isDefault: false, credentials: { nkey: createUser().getSeed() } })).rejects.toThrow(
      /authorization/i,
    );
  });

  it("that asks for the credentials of an account's user", async () => {
    const [operator, account, stranger] = [createOperator(), createAccount(), createAccount()];
    const unlimited = { subs: -1, data: -1, payload: -1 };
    const accountLimits = { ...unlimited, conn: -1, leaf: -1, imports: -1, exports: -1, wildcards: true };
    const accountToken = token(operator, account, { type: "account", limits: accountLimits });
    const { url: servers } = await server(
      `operator: ${token(operator, operator, { type: "operator" })}
      resolver: MEMORY
      resolver_preload: { ${account.getPublicKey()}: ${accountToken} }`,
    );
    const credsBy = (issuer: KeyPair): string => {
      const user = createUser();
      const jwt = token(issuer, user, { type: "user", ...unlimited });
      const seed = Buffer.from(user.getSeed()).toString();
      return `-----BEGIN NATS USER JWT-----\n${jwt}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`;
    };
    await works({ servers, credentials: { creds: credsBy(account) } });
    await works({ servers, cluster: "as-bytes", credentials: { creds: Buffer.from(credsBy(account)) } });
    await expect(joinCluster({ name: "c", servers, isDefault: false, credentials: { creds: credsBy(stranger) } })).rejects.toThrow(/authorization/i);
    await expect(joinCluster({ name: "c", servers, isDefault: false })).rejects.toThrow(/authorization/i);
  });

  it.runIf(spawnSync("openssl", ["version"]).error === undefined)("that asks for TLS, and for a certificate", async () => {
    const file = (name: string): string => join(folder, name);
    const openssl = (...argv: string[]): void => void execFileSync("openssl", argv, { stdio: "ignore", cwd: folder });
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test", "-days", "1");
    writeFileSync(file("san"), "subjectAltName=IP:127.0.0.1,DNS:localhost");
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "csr.pem", "-subj", "/CN=node");
    openssl(
      "x509",
      "-req",
      "-in",
      "csr.pem",
      "-CA",
      "ca.pem",
      "-CAkey",
      "ca.key",
      "-CAcreateserial",
      "-out",
      "cert.pem",
      "-days",
      "1",
      "-extfile",
      "san",
    );
    const { url: servers } = await server(
      `tls { cert_file: "${file("cert.pem")}", key_file: "${file("key.pem")}", ca_file: "${file("ca.pem")}", verify: true }`,
    );
    const trusted = { caFile: file("ca.pem"), certFile: file("cert.pem"), keyFile: file("key.pem") };
    await works({ servers, tls: trusted });
    await works({
      servers,
      cluster: "by-text",
      tls: { ca: readFileSync(trusted.caFile, "utf8"), cert: readFileSync(trusted.certFile, "utf8"), key: readFileSync(trusted.keyFile, "utf8") },
    });
    await expect(joinCluster({ name: "c", servers, isDefault: false, timeout: 2_000 })).rejects.toThrow();
    await expect(joinCluster({ name: "c", servers, isDefault: false, timeout: 2_000, tls: { caFile: trusted.caFile } })).rejects.toThrow();
  });

  /** The templates of docs/cluster.md: for a node, and for one with durable runs. */
  const templates = readFileSync(new URL("../../../docs/cluster.md", import.meta.url), "utf8").match(/permissions: \{.*?\n\}/gs) as string[];
  const permitted = (node: string, template = templates[0] as string): string =>
    `{ user: ${node}, password: ${node}, ${template.replaceAll(".b.", `.${node}.`).replaceAll('.b"', `.${node}"`)} }`;

  it("that lets nodes keep durable runs, by the template", async () => {
    const store = await mkdtemp(join(tmpdir(), "taskward-"));
    closers.push(() => rm(store, { recursive: true }));
    const { url: servers } = await server(
      `jetstream { store_dir: "${store}" }\nauthorization { users: [${["a", "b"].map((node) => permitted(node, templates[1])).join("\n")}] }`,
    );
    const a = await enter({ name: "a", servers, credentials: { user: "a", pass: "a" } });
    await enter({ name: "b", servers, credentials: { user: "b", pass: "b" }, functions });
    await a.whenUp("b");
    await using far = TaskSupervisor.start({ node: a.node, on: a.on("b") });
    const specs = [[far, add(40, 2)]] as const;
    const run = (): TaskRunner<number> => TaskRunner.run(specs, { durable: "nightly", node: a.node });
    for await (const event of run()) expect(event).toMatchObject({ type: "ok", value: 42 });
    for await (const event of run()) expect(event).toBeUndefined();
    await a.forgetRun("nightly");
    for await (const event of run()) expect(event).toMatchObject({ type: "ok", value: 42 });
  });

  it("that lets nodes keep no durable runs: whoever starts one hears so", async () => {
    const { url: servers } = await server(`authorization { users: [${permitted("a")}] }`);
    const a = await enter({ name: "a", servers, credentials: { user: "a", pass: "a" } });
    await expect(TaskRunner.run([() => 1], { durable: "nightly", node: a.node }).next()).rejects.toThrow(/permission/i);
  });

  it("that lets each node speak in its own name alone, by the template", async () => {
    const { url: servers } = await server(`authorization { users: [${["a", "b"].map((node) => permitted(node)).join("\n")}] }`);
    const a = await enter({ name: "a", servers, credentials: { user: "a", pass: "a" } });
    const b = await enter({ name: "b", servers, credentials: { user: "b", pass: "b" }, functions });
    await a.whenUp("b");
    await using far = TaskSupervisor.start({ node: a.node, on: a.on("b") });
    expect(await Task.await(far.asyncNolink(add(40, 2)))).toBe(42);
    // In another's name there is no way in.
    await expect(joinCluster({ name: "c", servers, isDefault: false, timeout: 2_000, credentials: { user: "a", pass: "a" } })).rejects.toThrow(
      /permission/i,
    );
    expect(b.nodes().map(({ name }) => name)).toEqual(["a"]);
  });

  it("N5 what is forged or garbled is refused and counted, and the node lives", async () => {
    const { url: servers } = await server("");
    const warnings: string[] = [];
    const warn = (warning: Error): void => void warnings.push(warning.message);
    process.on("warning", warn);
    closers.push(() => process.off("warning", warn));
    const a = await enter({ name: "a", servers, functions });
    const b = await enter({ name: "b", servers });
    await a.whenUp("b");
    const nc = await connect({ servers });
    closers.push(() => nc.close());
    const subject = (from: string): string => `taskward.default.signal.${a.node.name.replace("~", ".")}.${from.replace("~", ".")}`;
    const victim = a.node.spawn((self) => self.receive());
    const bystander = b.node.spawn((self) => self.receive());
    const head = { kind: Kind.signals, mine: 7, yours: 0, sent: 1, got: 0 };
    const frame = (value: unknown, more = {}): Buffer => writeHead(withRoom(value), { ...head, ...more });
    const attacks: readonly (readonly [string, Uint8Array])[] = [
      ["x~1", Buffer.from("no frame")],
      ["x~1", new Uint8Array()],
      ["x~1", frame([0, victim, "message of nobody"])], // of no node that is there
      ["b~0", frame([1, victim, bystander, "kill", 0])], // of a node of another incarnation
      ["b~0.extra", frame([])],
      [b.node.name, Buffer.from([99])],
      [b.node.name, Buffer.concat([headOnly(head), Buffer.from("not serialised")])],
    ];
    for (const [from, bytes] of attacks) nc.publish(subject(from), bytes);
    nc.publish("taskward.default.presence.x", Buffer.from("{"));
    nc.publish("taskward.default.presence.x", Buffer.from(JSON.stringify({ incarnation: "../../x", groups: [], capacity: 1, load: 0 })));
    nc.publish("taskward.default.presence.x", Buffer.from(JSON.stringify({ incarnation: "y", groups: ["w"], capacity: -1, load: 0 })));
    nc.publish("taskward.default.name.a", Buffer.from("z".repeat(1_000)));
    await nc.flush();
    // In the name of b, whose permissions nobody checks here: exits of processes that are not b's, functions that are none.
    const wild = frame([1, victim, "<a~9.1>", "kill", 0, 7, 1, { module: "file:///etc/passwd", name: "x", key: 1 }, undefined, 0], { mine: 8 });
    nc.publish(subject(b.node.name), wild);
    await nc.flush();
    // It goes on with the real b, which finds out that somebody spoke for it.
    for (;;) {
      await using far = TaskSupervisor.start({ node: b.node, on: b.on("a") });
      const result = await Task.await(far.asyncNolink(add(40, 2))).catch(() => undefined);
      if (result === 42) break;
      await b.whenUp("a");
    }
    expect(a.node.refused).toBeGreaterThanOrEqual(6);
    expect(a.node.info(victim)).toBeDefined();
    expect(a.nodes().map(({ name }) => name)).toEqual(["b"]);
    expect(warnings.join("\n")).toContain("node a refuses what node b");
    expect(
      await a.node.run(async (self) => {
        const ref = self.monitor(victim);
        self.exit(victim, "kill");
        return ((await self.receive((message) => message instanceof Down && message.ref === ref)) as Down).reason;
      }),
    ).toBe("killed");
  });
});
