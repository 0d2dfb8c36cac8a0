import { type RunnerEvent, type Self, type Spec, SourceFailed, TaskRunner, TaskSupervisor } from "taskward";
import { VirtualTime } from "taskward/testing";
import { describe, expect, it } from "vitest";
import { notes } from "../notes.js";
import { nothingLeft, places, until, work, tally } from "./places.js";

const withMessage = (message: string): unknown => expect.objectContaining({ message });

async function readAll(runner: TaskRunner<unknown>): Promise<RunnerEvent<unknown>[]> {
  const events = [];
  for await (const event of runner) events.push(event);
  return events.sort((a, b) => index(a) - index(b));
}

const index = (event: RunnerEvent<unknown>): number => (event.type === "timeout" ? Number.POSITIVE_INFINITY : event.index);

/** Counts what is asked of an iterator. */
class Watched<T> {
  pulled = 0;
  closed = 0;
  readonly items: (at: number) => T;

  constructor(items: (at: number) => T) {
    this.items = items;
  }

  *sync(): Generator<T> {
    try {
      for (;;) yield this.items(this.pulled++);
    } finally {
      this.closed++;
    }
  }

  async *async(): AsyncGenerator<T> {
    yield* this.sync();
  }
}

describe.each(places)("$name", ({ play }) => {
  describe.each(["sync", "async"] as const)("from a %s iterable", (kind) => {
    it("R8 specs run, and the run ends with them", () =>
      play(async (self, { pool, node }) => {
        async function* later(): AsyncGenerator<Spec> {
          for (let at = 0; at < 20; at++) yield [pool, work.value(at)];
        }
        function* now(): Generator<Spec> {
          for (let at = 0; at < 20; at++) yield [pool, work.value(at)];
        }
        for (const maxConcurrency of [1, 3, Number.POSITIVE_INFINITY]) {
          const events = await readAll(TaskRunner.run(kind === "sync" ? now() : later(), { node, maxConcurrency }));
          expect(events.map((event) => event.type === "ok" && event.value)).toEqual(Array.from({ length: 20 }, (_, at) => at));
        }
        await nothingLeft(self);
      }));

    it("R8 are pulled only as tasks are wanted, and leaving the loop closes them", () =>
      play(async (self, { pool, node }) => {
        const source = new Watched((at) => [pool, work.value(at)] as const);
        const runner = TaskRunner.run(source[kind](), { node, maxConcurrency: 3 });
        let read = 0;
        for await (const event of runner) {
          expect(event.type).toBe("ok");
          read++;
          // So many more may have been started as run at once, and as may wait for a slow reader.
          expect(source.pulled).toBeLessThanOrEqual(read + 3 + 64);
          if (read === 200) break;
        }
        const { pulled } = source;
        expect(source.closed).toBe(1);
        await self.sleep(0);
        expect(source.pulled).toBe(pulled);
        expect(pool.children()).toEqual([]);
        await nothingLeft(self);
      }));

    it("R8 nothing is pulled for a reader that does not read, beyond what may wait for it", () =>
      play(async (self, { pool, node }) => {
        const source = new Watched((at) => [pool, work.value(at)] as const);
        const runner = TaskRunner.run(source[kind](), { node, maxConcurrency: 2 });
        await until(self, () => source.pulled === 66);
        await until(self, () => pool.children().length === 0);
        expect(source.pulled).toBe(66);
        await runner.next();
        await until(self, () => source.pulled === 67);
        await runner.cancel();
        expect(source.closed).toBe(1);
        await nothingLeft(self);
      }));

    it("R8 the same for an owner that does not look at its messages", () =>
      play(async (self, { pool, node }) => {
        const source = new Watched((at) => [pool, work.value(at)] as const);
        const runner = TaskRunner.run(source[kind](), { node, owner: self, maxConcurrency: 2 });
        await until(self, () => source.pulled === 66);
        await until(self, () => self.info(self.pid)?.mailboxLength === 66);
        for (let read = 0; read < 10; read++) expect(runner.handleMessage(await self.receive())).toMatchObject({ type: "ok" });
        await until(self, () => source.pulled === 76);
        await runner.cancel();
        await nothingLeft(self);
      }));

    it("R8 a source that throws in the middle: what ran is kept, the error arrives, the run ends", () =>
      play(async (self, { pool, node }) => {
        const source = new Watched((at) => {
          if (at === 3) throw new Error("broken");
          return [pool, work.value(at)] as const;
        });
        for (const owner of [undefined, self]) {
          source.pulled = 0;
          const events = await readAll(TaskRunner.run(source[kind](), { node, maxConcurrency: 2, ...(owner === undefined ? {} : { owner }) }));
          expect(events).toMatchObject([
            { type: "ok", value: 0 },
            { type: "ok", value: 1 },
            { type: "ok", value: 2 },
            { type: "task_error", index: 3, reason: { code: "source_failed", index: 3, cause: withMessage("broken") } },
          ]);
          expect((events[3] as { reason: unknown }).reason).toBeInstanceOf(SourceFailed);
        }
        await nothingLeft(self);
      }));

    it("R8 a source that throws at once", () =>
      play(async (_self, { node }) => {
        const source = new Watched((): never => {
          throw new Error("broken");
        });
        expect(await readAll(TaskRunner.run(source[kind](), { node }))).toMatchObject([
          { type: "task_error", index: 0, reason: { code: "source_failed" } },
        ]);
      }));

    it("R8 something that is no spec is an error of its own, with its index; the rest runs", () =>
      play(async (_self, { pool, node }) => {
        const specs: unknown[] = [[pool, work.value(0)], "no spec", [pool, 5], [pool, work.value], null, [pool, work.value(5)]];
        const source = new Watched((at) => specs[at] as Spec);
        const events = [];
        for await (const event of TaskRunner.run(source[kind](), { node, maxConcurrency: 1 })) {
          events.push(event);
          if (events.length === 6) break;
        }
        expect(events).toMatchObject([
          { type: "ok", value: 0 },
          { type: "task_error", index: 1, reason: { code: "invalid_spec", index: 1, message: expect.stringContaining("specs[1]") } },
          { type: "task_error", index: 2, reason: { code: "invalid_spec", index: 2 } },
          { type: "task_error", index: 3, reason: { code: "invalid_spec", index: 3, message: expect.stringContaining("not called") } },
          { type: "task_error", index: 4, reason: { code: "invalid_spec", index: 4 } },
          { type: "ok", value: 5 },
        ]);
      }));

    it("R2 the deadline closes the source", () =>
      play(async (self, { pool, node }) => {
        const source = new Watched(() => [pool, work.never()] as const);
        const runner = TaskRunner.run(source[kind](), { node, maxConcurrency: 2, timeout: 200 });
        expect(await runner.next()).toMatchObject({ value: { type: "timeout", pending: [{ index: 0 }, { index: 1 }] } });
        await runner.cancel();
        expect([source.pulled, source.closed]).toEqual([2, 1]);
        await nothingLeft(self);
      }));

    it("R10 a source that throws when it is closed does not harm whoever stops the run", () =>
      play(async (self, { pool, node }) => {
        function* now(): Generator<Spec> {
          try {
            for (;;) yield [pool, work.never()];
          } finally {
            // eslint-disable-next-line no-unsafe-finally
            throw new Error("cannot close");
          }
        }
        async function* later(): AsyncGenerator<Spec> {
          yield* now();
        }
        const source = (): Iterable<Spec> | AsyncIterable<Spec> => (kind === "sync" ? now() : later());
        const cancelled = TaskRunner.run(source(), { node, maxConcurrency: 1 });
        await until(self, () => pool.children().length === 1);
        await cancelled.cancel();
        expect(pool.children()).toEqual([]);
        const late = TaskRunner.run(source(), { node, maxConcurrency: 1, timeout: 200 });
        expect(await late.next()).toMatchObject({ value: { type: "timeout" } });
        await late.cancel();
        expect(pool.children()).toEqual([]);
        await nothingLeft(self);
      }));
  });

  it("R10 a source may stop the run that asks it", () =>
    play(async (self, { pool, node }) => {
      let runner: TaskRunner<unknown> | undefined = undefined as TaskRunner<unknown> | undefined;
      let cancelled: Promise<void> | undefined;
      function* source(): Generator<Spec> {
        yield [pool, work.value(1)];
        cancelled = runner?.cancel();
        yield [pool, work.never()];
      }
      runner = TaskRunner.run(source(), { node, maxConcurrency: 1 });
      expect(await readAll(runner)).toMatchObject([{ type: "ok", value: 1 }]);
      await cancelled;
      expect(pool.children()).toEqual([]);
      await nothingLeft(self);
    }));

  it("R10 cancel does not wait for an async source that never answers", () =>
    play(async (self, { pool, node }) => {
      let closed = false;
      async function* source(): AsyncGenerator<Spec> {
        try {
          yield [pool, work.value(1)];
          await new Promise(() => undefined);
        } finally {
          closed = true;
        }
      }
      for (const owner of [undefined, self]) {
        const runner = TaskRunner.run(source(), { node, maxConcurrency: 3, ...(owner === undefined ? {} : { owner }) });
        expect(await runner.next()).toMatchObject({ value: { type: "ok" } });
        await runner.cancel();
        expect(runner.done).toBe(true);
        expect(closed).toBe(false);
      }
      await nothingLeft(self);
    }));

  it("R10 what an async source gives after cancel is not run", () =>
    play(async (self, { pool, node }) => {
      let give = (): void => undefined;
      const given = new Promise<void>((resolve) => (give = resolve));
      let pulled = 0;
      async function* source(): AsyncGenerator<Spec> {
        for (;;) {
          await given;
          pulled++;
          yield [pool, work.never()];
        }
      }
      const runner = TaskRunner.run(source(), { node, maxConcurrency: 3 });
      await runner.cancel();
      give();
      await self.sleep(0);
      expect(pulled).toBeLessThanOrEqual(1);
      expect(pool.children()).toEqual([]);
      await nothingLeft(self);
    }));

  it("R8 a source that is slow does not hold up what it has given", () =>
    play(async (self, { pool, node }) => {
      async function* source(): AsyncGenerator<Spec> {
        for (let at = 0; ; at++) {
          yield [pool, work.value(at)];
          await self.sleep(5);
        }
      }
      const got: unknown[] = [];
      for await (const event of TaskRunner.run(source(), { node, maxConcurrency: 8 })) {
        if (event.type === "ok") got.push(event.value);
        if (got.length === 5) break;
      }
      expect(got).toHaveLength(5);
      await nothingLeft(self);
    }));

  it("R8 maxConcurrency is never exceeded, whatever fails", () =>
    play(async (_self, { supervisor, node }) => {
      const file = notes();
      const wide = supervisor();
      function* source(): Generator<Spec> {
        for (let at = 0; at < 40; at++) yield at % 7 === 3 ? [wide, work.crash("boom")] : [wide, work.counted(file.path, at % 3)];
      }
      const events = await readAll(TaskRunner.run(source(), { node, maxConcurrency: 2 }));
      expect(events).toHaveLength(40);
      expect(events.filter(({ type }) => type === "ok")).toHaveLength(34);
      const { left, most, ran } = tally(file.lines());
      expect([left, ran]).toEqual([0, 34]);
      expect(most).toBeLessThanOrEqual(2);
    }));
});

describe("in virtual time", () => {
  it("R8 memory stays flat over a million specs", async () => {
    const time = new VirtualTime();
    const here = TaskSupervisor.start({ node: time.node });
    function* source(): Generator<Spec<number>> {
      for (let at = 0; at < 1_000_000; at++) yield [here, () => at];
    }
    const heap = (): number => {
      (globalThis as { gc?: () => void }).gc?.();
      return process.memoryUsage().heapUsed;
    };
    let sum = 0;
    let read = 0;
    const sizes: number[] = [];
    for await (const event of TaskRunner.run(source(), { node: time.node, maxConcurrency: 100 })) {
      if (event.type === "ok") sum += event.value;
      if (++read % 250_000 === 0) sizes.push(heap());
    }
    expect(sum).toBe((1_000_000 * 999_999) / 2);
    expect(here.countChildren()).toEqual({ active: 0, waiting: 0 });
    expect(time.clock.pending).toBe(0);
    // Only the collector of the host knows: without it, the test still shows that a million specs end.
    if ("gc" in globalThis) expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(20_000_000);
  }, 60_000);

  it("R5 never both a result and pending: a deadline that strikes together with the last result", async () => {
    for (let timeout = 95; timeout <= 105; timeout++) {
      const time = new VirtualTime();
      const sleeps = [90, 95, 99, 100, 100, 101, 105, 110];
      const told: number[] = [];
      await time.run(async (self: Self) => {
        const runner = TaskRunner.run(
          sleeps.map((ms) => (me: Self) => me.sleep(ms)),
          { node: time.node, owner: self, timeout },
        );
        while (!runner.done) {
          const event = runner.handleMessage(await self.receive());
          if (event?.type === "ok") told.push(event.index);
          else if (event?.type === "timeout") told.push(...event.pending.map((task) => task.index));
        }
        await nothingLeft(self);
      });
      expect(told.sort((a, b) => a - b)).toEqual(sleeps.map((_, at) => at));
      await time.advance(1_000);
      expect(time.clock.pending).toBe(0);
    }
  });
});
