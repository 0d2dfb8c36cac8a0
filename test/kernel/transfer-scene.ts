import { MessageChannel, type MessagePort } from "node:worker_threads";
import { expect, onTestFinished } from "vitest";
import { type Spawner, connect } from "../../src/kernel/connection.js";
import { LocalHost } from "../../src/kernel/local-host.js";
import { memoryWire } from "../../src/kernel/memory-wire.js";
import { Node } from "../../src/kernel/node.js";
import { Scheduler } from "../../src/kernel/scheduler.js";
import { gatherMarks } from "../../src/kernel/transfer.js";
import type { Batch } from "../../src/kernel/wire.js";
import type { Resolved } from "../../src/kernel/work.js";
import { VirtualTime } from "../../src/testing/virtual-time.js";

/** Two nodes on a wire, for what is transferred between them. */
type Functions = Record<string, Resolved["fn"]>;

export class Recorder implements Spawner {
  readonly ends: { reason: unknown; value: unknown }[] = [];
  announced(): void {
    // not asked for
  }
  told(): void {}
  spawnEnded(reason: unknown, value: unknown): void {
    this.ends.push({ reason, value });
  }
}

export function setUp(functions: Functions = {}, capacity = Number.POSITIVE_INFINITY) {
  const time = new VirtualTime({ name: "near", reporter: () => undefined });
  const near = time.node;
  const far = new Node({ name: "far", clock: time.clock, scheduler: new Scheduler(() => 0), reporter: () => undefined });
  const [here, there] = memoryWire();
  const posted: Batch[] = [];
  const post = here.post.bind(here);
  here.post = (batch, list) => {
    post(batch, list);
    posted.push([...batch]);
  };
  const host = new LocalHost(far, ({ name }) => ({ fn: functions[name] as Resolved["fn"], takesSelf: false }), { concurrency: capacity });
  const connection = connect(near, "far", here);
  connection.capacity = capacity;
  connect(far, "near", there, host);
  const refs: Record<string, { module: string; name: string }> = {};
  const spawn = (name: string, ...args: unknown[]): Recorder & { id: number; args: unknown[] } => {
    const spawner = new Recorder();
    gatherMarks(args);
    const id = connection.spawn((refs[name] ??= { module: "test:", name }), args, undefined, spawner);
    return Object.assign(spawner, { id, args });
  };
  const heard: unknown[] = [];
  const listener = far.spawn(async (self) => {
    for (;;) heard.push(await self.receive());
  });
  return { time, near, far, connection, posted, spawn, heard, listener };
}

export const bytesOf = (...values: number[]): Uint8Array<ArrayBuffer> => new Uint8Array(values);
export const refused = (path: string, text: string): unknown =>
  expect.objectContaining({ code: "not_cloneable", path, message: expect.stringContaining(text) as unknown });

export function port(): MessagePort {
  const { port1 } = new MessageChannel();
  onTestFinished(() => port1.close());
  return port1;
}
