import { type AnySelf, InvalidOption, InvalidSpec, NotPortable, type Self, Task, TaskRunner, TaskSupervisor, callOf, tasksFrom } from "taskward";
import { VirtualTime } from "taskward/testing";
import { threads } from "taskward/threads";
import { afterEach, describe, expect, it } from "vitest";
import { work } from "./places.js";

/** What callers without types hand in. */
type Loose = Record<string, unknown>;

const time = new VirtualTime();
const here = TaskSupervisor.start({ node: time.node });
const cores = TaskSupervisor.start({ on: threads({ size: 1 }) });
// What has no supervisor is under one of the node's own, which stays.
await time.run((self) =>
  Task.await(
    self,
    Task.async(self, () => 1),
  ),
);
const processes = time.node.processCount;

/** Whatever is refused is refused before anything starts. */
afterEach(() => {
  expect(here.children()).toEqual([]);
  expect(cores.children()).toEqual([]);
  expect(time.clock.pending).toBe(0);
  expect(time.node.processCount).toBe(processes);
});

const refuses = (attempt: () => unknown, code: string, ...words: string[]): void => {
  let error: unknown;
  try {
    attempt();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ code });
  for (const word of words) expect((error as Error).message).toContain(word);
};

/** Runs something in a process of its own. */
const owned = (attempt: (self: Self) => void | Promise<void>): Promise<void> => time.run(attempt);

const noMilliseconds = [-1, Number.NaN, "1s", "Infinity", null, {}, Number.NEGATIVE_INFINITY, 1n, true];
const noCount = [0, -1, 1.5, Number.NaN, "2", null, {}, 1n];

describe("TaskRunner.run", () => {
  const run = (options: Loose, specs: unknown = [() => 1]): unknown => TaskRunner.run(specs as [], { node: time.node, ...options } as object);

  it.each(noMilliseconds)("T13 timeout %s", (timeout) => {
    refuses(() => run({ timeout }), "invalid_option", "timeout", "milliseconds");
    refuses(() => run({ taskTimeout: timeout }), "invalid_option", "taskTimeout");
    refuses(() => run({ retry: { attempts: 2, delay: timeout } }), "invalid_option", "retry.delay");
    refuses(() => run({ retry: { attempts: 2, factor: timeout } }), "invalid_option", "retry.factor");
    refuses(() => run({ retry: { attempts: 2, maxDelay: timeout } }), "invalid_option", "retry.maxDelay");
    refuses(() => run({}, [[here, () => 1, { timeout }]]), "invalid_option", "specs[0] options.timeout");
  });

  it.each(noCount)("T13 a count of %s", (count) => {
    refuses(() => run({ maxConcurrency: count }), "invalid_option", "maxConcurrency", "whole number");
    refuses(() => run({ retry: { attempts: count } }), "invalid_option", "retry.attempts");
    refuses(() => run({}, [[here, () => 1, { retry: { attempts: count } }]]), "invalid_option", "specs[0] options.retry.attempts");
  });

  it("T13 the name or the value of an option that nobody knows", () => {
    refuses(() => run({ timout: 5 }), "invalid_option", "timout", "no such option", "timeout");
    refuses(() => run({ onTimeout: "explode" }), "invalid_option", "onTimeout", '"shutdown"', '"kill"', '"keep"');
    refuses(() => run({ retry: 3 }), "invalid_option", "retry", "give an object");
    refuses(() => run({ retry: { times: 3 } }), "invalid_option", "retry.times", "attempts");
    refuses(() => run({ retry: { attempts: 2, when: "always" } }), "invalid_option", "retry.when");
    refuses(() => run({ owner: {} }), "invalid_option", "owner", "self");
    refuses(() => run({ owner: "<main.1>" }), "invalid_option", "owner");
    refuses(() => run({}, [[here, () => 1, { lable: "x" }]]), "invalid_option", "specs[0] options.lable", "label");
    refuses(() => run({}, [[here, () => 1, null]]), "invalid_option", "specs[0] options");
    refuses(() => TaskRunner.run([], null as never), "invalid_option", "TaskRunner options");
  });

  it.each([[null], [5], ["abc"], [{}], [() => 1], [Promise.resolve([])]])("T13 specs that cannot be iterated: %s", (specs) => {
    refuses(() => run({}, specs), "invalid_option", "specs", "iterable");
  });

  it.each<[string, unknown, string]>([
    ["undefined", undefined, "undefined"],
    ["null", null, "null"],
    ["a number", 5, "number"],
    ["a string", "work", "string"],
    ["an object", {}, "object"],
    ["a promise", Promise.resolve(1), "a promise, whose work has begun already"],
    ["an empty array", [], "where its supervisor should be"],
    ["work without its supervisor, in an array", [() => 1], "where its supervisor should be"],
    ["a supervisor's name", ["here", () => 1], "a string where its supervisor should be"],
    ["a supervisor alone", [here], "work that is undefined"],
    ["a promise as work", [here, Promise.resolve(1)], "a promise, whose work has begun already"],
    ["a reference that was not called", [here, work.value], "not called: write tasks.value(...)"],
    ["a bare reference that was not called", work.value, "not called"],
    ["the module instead of a function", [here, work], "object"],
    ["null as work", [here, null], "null"],
  ])("T13 a spec that is no spec: %s; its index is told, and nothing starts", (_name, spec, words) => {
    let started = 0;
    const good = [here, () => started++];
    refuses(() => run({}, [good, good, spec, good]), "invalid_spec", "specs[2]", words);
    expect(() => run({}, [good, spec])).toThrow(InvalidSpec);
    expect(started).toBe(0);
  });

  it("T13 a closure for a thread", () => {
    const refusal = (): unknown =>
      run({}, [
        [cores, work.value(1)],
        [cores, function quote() {}],
      ]);
    expect(refusal).toThrow(NotPortable);
    refuses(refusal, "not_portable", "quote", "worker thread", "tasksFrom");
    refuses(() => run({}, [[cores, () => 1]]), "not_portable", "anonymous");
  });
});

describe("TaskSupervisor", () => {
  const start = (options: Loose): unknown => TaskSupervisor.start({ node: time.node, ...options } as object);

  it.each(noCount)("T13 a count of %s", (count) => {
    refuses(() => start({ concurrency: count }), "invalid_option", "concurrency");
    refuses(() => start({ maxChildren: count }), "invalid_option", "maxChildren");
    if (count !== 0) refuses(() => start({ maxRestarts: count }), "invalid_option", "maxRestarts");
    refuses(() => threads({ size: count } as object), "invalid_option", "size");
    refuses(() => threads({ concurrentTasksPerThread: count } as object), "invalid_option", "concurrentTasksPerThread");
  });

  it.each(noMilliseconds)("T13 a time of %s", (ms) => {
    refuses(() => start({ shutdown: ms }), "invalid_option", "shutdown");
    refuses(() => start({ maxSeconds: ms }), "invalid_option", "maxSeconds");
  });

  it("T13 what else cannot be", () => {
    refuses(() => start({ concurency: 2 }), "invalid_option", "concurency", "concurrency");
    refuses(() => start({ name: "" }), "invalid_option", "name");
    refuses(() => start({ name: "<x>" }), "invalid_option", "name");
    refuses(() => start({ name: 5 }), "invalid_option", "name");
    refuses(() => start({ shutdown: "brutal" }), "invalid_option", "shutdown", "brutal_kill");
    refuses(() => start({ on: "threads" }), "invalid_option", "on", "threads({ size: 2 })");
    refuses(() => start({ on: {} }), "invalid_option", "on");
    refuses(() => start({ on: threads }), "invalid_option", "threads"); // not called
    refuses(() => threads({ sise: 2 } as object), "invalid_option", "sise", "size");
    refuses(() => threads({ size: Number.POSITIVE_INFINITY }), "invalid_option", "size");
    refuses(() => threads({ concurrentTasksPerThread: 501 }), "invalid_option", "concurrentTasksPerThread", "500");
    refuses(() => TaskSupervisor.start(null as never), "invalid_option", "TaskSupervisor options");
  });

  it("T13 work that is none, for every way to start some", () =>
    owned((self) => {
      for (const bad of [undefined, null, 5, "x", {}, Promise.resolve(1), work.value, work]) {
        refuses(() => here.asyncNolink(bad as never), "invalid_option", "work");
        refuses(() => here.asyncNolink(self, bad as never), "invalid_option", "work");
        refuses(() => here.async(self, bad as never), "invalid_option", "work");
        refuses(() => here.startChild(bad as never), "invalid_option", "work");
        refuses(() => Task.async(self, bad as never), "invalid_option", "work");
        refuses(() => Task.start(bad as never, { self }), "invalid_option", "work");
        refuses(() => Task.startLink(self, bad as never), "invalid_option", "work");
        if (bad !== work.value) refuses(() => Task.asyncStream(self, [1], bad as never), "invalid_option", "fn");
      }
      for (const attempt of [() => cores.asyncNolink(() => 1), () => cores.async(self, () => 1), () => cores.startChild(() => 1)])
        refuses(attempt, "not_portable", "thread");
    }));

  it("T13 an owner that is no process, and options that nobody knows", () =>
    owned((self) => {
      for (const owner of [undefined, null, {}, "<main.1>", () => 1]) {
        refuses(() => here.async(owner as unknown as AnySelf, () => 1), "invalid_option", "self");
        refuses(() => Task.async(owner as unknown as AnySelf, () => 1), "invalid_option", "self");
        refuses(() => Task.startLink(owner as unknown as AnySelf, () => 1), "invalid_option", "self");
        refuses(() => Task.completed(owner as unknown as AnySelf, 1), "invalid_option", "self");
        refuses(() => Task.asyncStream(owner as unknown as AnySelf, [1], (n) => n), "invalid_option", "self");
        refuses(() => here.asyncStream(owner as unknown as AnySelf, [1], (n) => n), "invalid_option", "self");
        if (owner !== undefined) refuses(() => here.startChild(() => 1, { owner: owner as unknown as AnySelf }), "invalid_option", "owner");
        if (owner !== undefined) refuses(() => Task.start(() => 1, { self: owner as unknown as AnySelf }), "invalid_option", "self");
      }
      refuses(() => here.async(self, () => 1, { lable: "x" } as object), "invalid_option", "lable");
      refuses(() => here.asyncNolink(() => 1, { lable: "x" } as object), "invalid_option", "lable");
      refuses(() => here.startChild(() => 1, { restart: "always" } as never), "invalid_option", "restart", "permanent");
      refuses(() => here.startChild(() => 1, { restrat: "permanent" } as object), "invalid_option", "restrat");
      refuses(() => Task.start(() => 1, { restart: "permanent" } as object), "invalid_option", "restart");
    }));
});

describe("Task", () => {
  const rejects = async (attempt: Promise<unknown>, ...words: string[]): Promise<void> => {
    const error = await attempt.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(InvalidOption);
    for (const word of words) expect((error as Error).message).toContain(word);
  };

  it.each(noMilliseconds)("T13 a time of %s", (ms) =>
    owned(async (self) => {
      const task = Task.completed(self, 1);
      await rejects(Task.await(self, task, ms as number), "timeout");
      await rejects(Task.awaitMany(self, [task], ms as number), "timeout");
      await rejects(Task.yield(self, task, ms as number), "timeout");
      if (typeof ms !== "object") await rejects(Task.yieldMany(self, [task], { timeout: ms as number }), "timeout");
      await rejects(Task.shutdown(self, task, ms as number), "shutdown");
      expect(await Task.await(self, task)).toBe(1);
    }),
  );

  it("T13 what else cannot be", () =>
    owned(async (self) => {
      const task = Task.completed(self, 1);
      for (const limit of noCount) await rejects(Task.yieldMany(self, [task], { limit: limit as number }), "limit");
      await rejects(Task.yieldMany(self, [task], { onTimeout: "explode" as never }), "onTimeout", "kill_task");
      await rejects(Task.yieldMany(self, [task], { timout: 5 } as object), "timout");
      for (const bad of [undefined, null, 5, {}, Promise.resolve(1), () => 1, here]) {
        await rejects(Task.await(bad as never), "task");
        await rejects(Task.await(self, bad as never), "task");
        await rejects(Task.yield(self, bad as never), "task");
        await rejects(Task.shutdown(self, bad as never), "task");
        await rejects(Task.awaitMany([bad] as never), "task");
        await rejects(Task.awaitMany(bad as never), "tasks");
        await rejects(Task.yieldMany(self, bad as never), "tasks");
        expect(() => Task.ignore(bad as never)).toThrow(InvalidOption);
      }
    }));
});

describe("asyncStream", () => {
  it.each(noMilliseconds)("T13 a timeout of %s", (timeout) => {
    refuses(() => here.asyncStreamNolink([1], (n) => n, { timeout: timeout as number }), "invalid_option", "timeout");
  });

  it.each(noCount)("T13 maxConcurrency %s", (maxConcurrency) => {
    refuses(() => here.asyncStreamNolink([1], (n) => n, { maxConcurrency: maxConcurrency as number }), "invalid_option", "maxConcurrency");
  });

  it("T13 what else cannot be", () => {
    refuses(() => here.asyncStreamNolink([1], (n) => n, { onTimeout: "explode" as never }), "invalid_option", "onTimeout", "kill_task");
    refuses(() => here.asyncStreamNolink([1], (n) => n, { odered: false } as object), "invalid_option", "odered", "ordered");
    for (const input of [undefined, null, 5, "abc", {}])
      refuses(() => here.asyncStreamNolink(input as never, (n) => n), "invalid_option", "input", "iterable");
  });

  it("T13 a closure for a thread comes out as what was wrong with it", async () => {
    const items = [];
    for await (const item of cores.asyncStreamNolink([1, 2], (n) => n * 2)) items.push(item);
    expect(items).toEqual([1, 2].map(() => ({ exit: expect.objectContaining({ code: "not_portable" }) })));
  });
});

describe("whatever cannot be", () => {
  it("T13 an option that cannot be throws before anything starts", () => {
    let started = 0;
    const count = (): number => started++;
    for (const options of [
      { maxConcurrency: 0 },
      { timeout: -1 },
      { timeout: Number.NaN },
      { timeout: "1s" },
      { onTimeout: "stop" },
      { retries: 1 },
    ]) {
      expect(() => TaskRunner.run([[here, count]], options as object)).toThrow(InvalidOption);
      expect(() => here.asyncStreamNolink([1], count, options as object)).toThrow(InvalidOption);
    }
    expect(here.countChildren()).toEqual({ active: 0, waiting: 0 });
    expect(started).toBe(0);
  });
});

describe("references", () => {
  it("T13 a module that is no absolute URL", () => {
    for (const url of ["./work.mjs", "", "work", undefined, null, 5]) expect(() => tasksFrom(url as string)).toThrow(TypeError);
    expect(() => tasksFrom("./work.mjs")).toThrow('new URL("./work.mjs", import.meta.url)');
    expect(() => callOf("work", "value", [])).toThrow(TypeError);
  });

  it("references are no promises, and each export has one", async () => {
    expect(await Promise.resolve(work)).toBe(work);
    expect(work.value).toBe(work.value);
    expect(work.value.name).toBe("value");
    expect(String(work.value(1))).toContain("value of file:");
    expect(callOf(new URL("./fixtures/work.mjs", import.meta.url), "value", [1])).toEqual(work.value(1));
  });
});
