import { once } from "node:events";
import { MessageChannel } from "node:worker_threads";
import { type Call, TaskRunner, TaskSupervisor, collect, run, tasksFrom, transfer } from "taskward";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type * as transferModule from "./fixtures/transfer.mjs";
import { childProcess, isolated, outcomes, pool, poolAt } from "./pool.js";

const tasks = tasksFrom<typeof transferModule>(new URL("./fixtures/transfer.mjs", import.meta.url));

const bytesOf = (length: number, value: number): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(value);
const words = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(length * 4));
const reason = (like: object): unknown => ({ reason: expect.objectContaining(like) as unknown });
const saying = (text: string): unknown => expect.stringContaining(text);

describe.each(isolated)("P4 transferred to a $name and back", ({ on }) => {
  it("P4 an argument and a result are moved, one by one and many at a time", async () => {
    const given = Array.from({ length: 200 }, (_, n) => bytesOf(1_000 + n, n % 256));
    const got = await outcomes(
      poolAt(on({ size: 2 })),
      given.map((bytes) => tasks.move(transfer(bytes))),
    );
    expect(got).toEqual(given.map((_, n) => bytesOf(1_000 + n, n % 256)));
    expect(given.every(({ length }) => length === 0)).toBe(true);
  });

  it("P4 among tasks that transfer nothing", async () => {
    const given = Array.from({ length: 300 }, (_, n) => bytesOf(10, n % 256));
    const got = await outcomes(
      poolAt(on({ size: 2 })),
      given.map((bytes, n) => (n % 3 === 0 ? tasks.move(transfer(bytes)) : n % 3 === 1 ? tasks.copy(bytes) : tasks.first(bytes))),
    );
    expect(got).toEqual(given.map((_, n) => (n % 3 === 2 ? n % 256 : bytesOf(10, n % 256))));
    expect(given.map(({ length }) => length)).toEqual(given.map((_, n) => (n % 3 === 0 ? 0 : 10)));
  });

  it("P4 several at once on each node", async () => {
    const given = Array.from({ length: 100 }, (_, n) => bytesOf(10, n));
    const got = await outcomes(
      poolAt(on({ size: 2, concurrency: 4 })),
      given.map((bytes) => tasks.move(transfer(bytes))),
    );
    expect(got).toEqual(given.map((_, n) => bytesOf(10, n)));
  });

  it("P4 messages, both ways", async () => {
    const threads = poolAt(on({}));
    await run(async (self) => {
      const sent = bytesOf(4, 1);
      TaskRunner.run([[threads, tasks.forward(self.pid)]], { owner: self });
      const { ready } = (await self.receive((message) => (message as { ready?: unknown }).ready !== undefined)) as { ready: typeof self.pid };
      self.send(ready, transfer(sent));
      expect(sent.length).toBe(0);
      expect(await self.receive((message) => message instanceof Uint8Array)).toEqual(Uint8Array.of(2, 1, 1, 1));
      const task = threads.asyncNolink(self, tasks.send(self.pid, bytesOf(2, 5)));
      expect(await self.receive((message) => (message as { bytes?: unknown }).bytes !== undefined)).toEqual({ bytes: bytesOf(2, 5) });
      expect(await self.receive((message) => (message as { ref?: unknown }).ref === task.ref)).toMatchObject({ value: 0 });
    });
  });

  it("P4 ends the task that returned it alone", async () => {
    const calls: Call[] = [tasks.first(bytesOf(1, 1)), tasks.giveTwice(), tasks.giveDetached(), tasks.giveUncloneable(), tasks.first(bytesOf(1, 2))];
    expect(await outcomes(poolAt(on({})), calls)).toEqual([
      1,
      reason({ code: "invalid_option", message: saying("it is there twice") }),
      reason({ code: "invalid_option", message: saying("it is detached") }),
      reason({ code: "not_cloneable", path: "result.onClick" }),
      2,
    ]);
  });

  it("P4 ends the task that it was given to alone, and stays with its caller", async () => {
    const bytes = bytesOf(1, 1);
    const bad = { bytes, port: undefined as never, fn: () => 1 };
    const call = tasks.move(transfer(bytesOf(1, 4)));
    expect(await outcomes(poolAt(on({})), [tasks.wrapped(transfer(bad, [bytes.buffer])), call, call, tasks.first(bytesOf(1, 2))])).toEqual([
      reason({ code: "not_cloneable", path: "args[0].fn" }),
      bytesOf(1, 4),
      reason({ code: "not_cloneable", message: saying("make a call of its own for each task") }),
      2,
    ]);
    expect(bytes.length).toBe(1);
  });

  it("P4 waiting behind a task that takes its node down, it runs on the next", async () => {
    const bytes = [bytesOf(1, 1), bytesOf(1, 2)] as const;
    const got = await outcomes(poolAt(on({})), [tasks.leave(7), tasks.move(transfer(bytes[0])), tasks.leave(8), tasks.move(transfer(bytes[1]))]);
    expect(got).toEqual([reason({ code: "node_down", exitCode: 7 }), bytesOf(1, 1), reason({ code: "node_down", exitCode: 8 }), bytesOf(1, 2)]);
  });

  it("P4 whatever dies around it: each ends once, with its own bytes or with NodeDown", async () => {
    const threads = poolAt(on({ size: 2 }));
    const count = 300;
    const { values, indexes, errors } = await collect(
      TaskRunner.run(
        Array.from({ length: count }, (_, n) => [threads, n % 41 === 0 ? tasks.leave(1) : tasks.move(transfer(bytesOf(2, n % 256)))] as const),
      ),
    );
    expect(values.length + errors.length).toBe(count);
    values.forEach((value, at) => expect(value).toEqual(bytesOf(2, (indexes[at] as number) % 256)));
    for (const { index, reason } of errors)
      expect({ index, reason }).toEqual({ index, reason: expect.objectContaining({ code: "node_down" }) as unknown });
    expect(errors.filter(({ index }) => index % 41 !== 0)).toEqual([]);
  });
});

describe("P4 what only threads can be given", () => {
  it("P4 parts of an object, a port among them", async () => {
    const { port1, port2 } = new MessageChannel();
    const value = { name: "x", bytes: bytesOf(3, 1), port: port2 };
    const [got] = await outcomes(pool(), [tasks.wrapped(transfer(value, [value.bytes.buffer, port2]))]);
    expect(got).toMatchObject({ name: "x", bytes: bytesOf(3, 1) });
    expect(value.bytes.length).toBe(0);
    const answered = once(port1, "message");
    (got as typeof value).port.postMessage("there and back");
    expect(await answered).toEqual(["there and back"]);
    port1.close();
  });

  it("P4 a port that a task goes on to answer on", async () => {
    const threads = pool();
    const { port1, port2 } = new MessageChannel();
    expect(await outcomes(threads, [tasks.echo(transfer(port2))])).toEqual([undefined]);
    port1.postMessage("hello");
    expect(await once(port1, "message")).toEqual([{ heard: "hello" }]);
    port1.close();
  });

  it("P4 shared memory is shared, as an argument and as a result", async () => {
    const counter = words(1);
    const threads = pool({ size: 2 });
    await outcomes(
      threads,
      Array.from({ length: 100 }, () => tasks.add(counter)),
    );
    expect(counter[0]).toBe(100);
    const [filled] = (await outcomes(threads, [tasks.fill(new Uint8Array(new SharedArrayBuffer(4)))])) as [Uint8Array];
    expect(filled).toEqual(Uint8Array.of(7, 7, 7, 7));
    const shared = new Uint8Array(new SharedArrayBuffer(1));
    const [back] = (await outcomes(threads, [tasks.fill(shared)])) as [Uint8Array];
    back[0] = 9;
    expect(shared[0]).toBe(9);
  });

  it("P4 on this event loop it is handed over as it is", async () => {
    await using here = TaskSupervisor.start();
    const bytes = bytesOf(2, 1);
    const [got] = await outcomes(here, [tasks.move(transfer(bytes))]);
    expect(got).toBe(bytes);
    // and no mark is left on it
    expect(await outcomes(pool(), [tasks.first(bytes)])).toEqual([1]);
    expect(bytes.length).toBe(2);
  });
});

describe("P4 what cannot be transferred", () => {
  it("P4 a child that would be started again is refused", async () => {
    const threads = pool();
    expect(() => threads.startChild(tasks.move(transfer(bytesOf(1, 1))), { restart: "transient" })).toThrow(
      /restart, with transferred arguments, is "transient": give one of "temporary"/,
    );
    threads.startChild(tasks.move(transfer(bytesOf(1, 1))), { restart: "temporary" });
  });
});

describe("P4 what is transferred is never lost in silence", () => {
  it("P4 waiting behind a slow task, it runs on another thread", async () => {
    const threads = pool({ size: 2 });
    const [one, two] = [words(2), words(2)];
    const wake = (word: Int32Array): void => {
      Atomics.store(word, 1, 1);
      Atomics.notify(word, 1);
    };
    onTestFinished(() => [one, two].forEach(wake));
    const calls = [tasks.sleep(one), tasks.sleep(two), ...[1, 2, 3].map((n) => tasks.move(transfer(bytesOf(1, n))))];
    const all = outcomes(threads, calls);
    await vi.waitUntil(() => one[0] === 1 && two[0] === 1, { interval: 1, timeout: 10_000 });
    wake(two); // the first goes on sleeping, until all others have ended
    const rest = outcomes(threads, [tasks.move(transfer(bytesOf(1, 9)))]);
    expect(await rest).toEqual([bytesOf(1, 9)]);
    wake(one);
    expect(await all).toEqual(["slept", "slept", bytesOf(1, 1), bytesOf(1, 2), bytesOf(1, 3)]);
  });

  it("P4 gone with a thread that dies before it could begin: it ends with that, though it would be tried again, and the next one runs", async () => {
    const threads = pool();
    const told = words(1);
    const bytes = bytesOf(1, 1);
    const all = outcomes(threads, [tasks.leaveWhenTold(told), tasks.move(transfer(bytes)), tasks.first(bytesOf(1, 5))], { retry: { attempts: 3 } });
    await vi.waitUntil(() => bytes.length === 0, { interval: 1, timeout: 10_000 });
    Atomics.store(told, 0, 1);
    Atomics.notify(told, 0);
    expect(await all).toEqual([{ ended: "well" }, reason({ name: "NodeDown", code: "node_down", exitCode: 3 }), 5]);
  });

  it("P4 with retry: what has left is not tried again, and its own failure is told", async () => {
    const counter = words(1);
    const got = await outcomes(pool(), [tasks.fail(counter, transfer(bytesOf(3, 1)))], { retry: { attempts: 3 } });
    expect([got, counter[0]]).toEqual([[reason({ message: "failed with 3" })], 1]);
    await using here = TaskSupervisor.start();
    const onLoop = await outcomes(here, [tasks.fail(counter, transfer(bytesOf(2, 1)))], { retry: { attempts: 3 } });
    expect([onLoop, counter[0]]).toEqual([[reason({ message: "failed with 2" })], 4]);
  });
});

describe("P4 transferred to a child process", () => {
  it("P4 memory is copied, and gone here all the same", async () => {
    const bytes = bytesOf(1 << 20, 3);
    const [got] = await outcomes(poolAt(childProcess.on({})), [tasks.move(transfer(bytes))]);
    expect(Buffer.compare(got as Uint8Array, bytesOf(1 << 20, 3))).toBe(0);
    expect(bytes.length).toBe(0);
  });

  it("P4 what is for threads alone ends that task alone, and is still there", async () => {
    const { port1, port2 } = new MessageChannel();
    onTestFinished(() => port1.close());
    const value = { name: "x", bytes: bytesOf(3, 1), port: port2 };
    const got = await outcomes(poolAt(childProcess.on({})), [
      tasks.first(bytesOf(1, 1)),
      tasks.wrapped(transfer(value, [value.bytes.buffer, port2])),
      tasks.echo(port2),
      tasks.add(words(1)),
      tasks.fill(new Uint8Array(new SharedArrayBuffer(1))),
      tasks.first(bytesOf(1, 2)),
    ]);
    expect(got).toEqual([
      1,
      reason({ code: "not_cloneable", message: saying("a MessagePort cannot go to another process: run the task in a thread") }),
      reason({ code: "not_cloneable", path: "args[0]" }),
      reason({ code: "not_cloneable", message: saying("a SharedArrayBuffer is shared by threads alone") }),
      reason({ code: "not_cloneable", message: saying("a SharedArrayBuffer is shared by threads alone") }),
      2,
    ]);
    expect(value.bytes.length).toBe(3);
    const answered = once(port1, "message");
    port2.postMessage("still here");
    expect(await answered).toEqual(["still here"]);
  });
});
