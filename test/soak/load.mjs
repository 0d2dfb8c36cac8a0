import assert from "node:assert/strict";
import { Task, TaskRunner, TaskSupervisor, run, tasksFrom, transfer } from "taskward";
import { GenServer, Supervisor } from "taskward/behaviours";
import { serversFrom } from "taskward/servers";
import { stream } from "taskward/stream";
import * as work from "./work.mjs";

const module = new URL("./work.mjs", import.meta.url);
const tasks = tasksFrom(module);
const { Counter } = serversFrom(module);

/** Everything that is done at one place in a round. Each part throws when a task did not end as it should, or not once. */
export class Load {
  /** How many nodes have been ended on purpose. */
  crashes = 0;
  /** Tasks that ended with one that ended their node. */
  bystanders = 0;

  /** `on`: a place, or undefined for this event loop, where nothing can end its node. */
  constructor(on) {
    this.isElsewhere = on !== undefined;
    this.supervisor = TaskSupervisor.start(on === undefined ? {} : { on });
  }

  stop() {
    return this.supervisor.stop();
  }

  /** Many small tasks, of which some fail and a few take their node along. */
  async many(count, { failing = 100, crashing = 10_000 } = {}) {
    const { supervisor } = this;
    const ended = new Uint8Array(count);
    const isCrash = (n) => this.isElsewhere && n % crashing === crashing - 1;
    const isFailure = (n) => n % failing === failing - 1;
    function* specs() {
      for (let n = 0; n < count; n++) yield [supervisor, isCrash(n) ? tasks.ends() : isFailure(n) ? tasks.fails(n) : tasks.plus(n, 1)];
    }
    for await (const event of TaskRunner.run(specs(), { maxConcurrency: 256 })) {
      const { index } = event;
      ended[index]++;
      if (event.type === "ok") assert.equal(event.value, index + 1);
      else if (isCrash(index)) this.crashes++;
      else if (!isFailure(index)) {
        assert.equal(event.reason.name, "NodeDown", `task ${index} ended with ${event.reason}`);
        this.bystanders++;
      }
    }
    const odd = ended.findIndex((times) => times !== 1);
    assert.equal(odd, -1, `task ${odd} ended ${ended[odd]} times`);
  }

  /** A deadline that strikes while tasks run, wait, and take no notice. */
  async deadline() {
    const { supervisor } = this;
    const specs = Array.from({ length: 32 }, (_, n) => [supervisor, n % 8 === 0 ? tasks.plus(n, 1) : n === 1 ? tasks.isDeaf() : tasks.waits()]);
    const ends = [];
    for await (const event of TaskRunner.run(specs, { timeout: 30, onTimeout: "kill" })) {
      if (event.type === "timeout") ends.push(...event.pending.map(({ index }) => index));
      else ends.push(event.index);
    }
    assert.deepEqual(
      ends.sort((a, b) => a - b),
      specs.map((_, n) => n),
    );
  }

  /** An infinite loop past its deadline: its node has to be stopped. */
  async loop() {
    if (!this.isElsewhere) return;
    const events = [];
    for await (const event of TaskRunner.run([[this.supervisor, tasks.loops()]], { timeout: 50 })) events.push(event.type);
    assert.deepEqual(events, ["timeout"]);
    this.crashes++;
  }

  /** Leaving a loop, and cancelling. */
  async cancellations() {
    const { supervisor } = this;
    const specs = () => Array.from({ length: 64 }, (_, n) => [supervisor, n < 8 ? tasks.plus(n, 1) : tasks.waits()]);
    let events = 0;
    for await (const { type } of TaskRunner.run(specs(), { maxConcurrency: 16, onTimeout: "kill" })) {
      assert.equal(type, "ok");
      if (++events === 4) break;
    }
    const runner = TaskRunner.run(specs(), { maxConcurrency: 16, onTimeout: "kill" });
    await runner.cancel();
    await run(async (self) => {
      let items = 0;
      for await (const item of supervisor.asyncStream(self, Array(64).fill(1), (n) => tasks.plus(n, 1))) {
        assert.deepEqual(item, { ok: 2 });
        if (++items === 32) break;
      }
    });
  }

  /** Tasks one by one: awaited, given up, ignored, shut down, and gone with their owner. */
  async oneByOne() {
    const { supervisor } = this;
    await run(async (self) => {
      const [a, b, c, d] = [tasks.plus(1, 1), tasks.fails(1), tasks.waits(), tasks.naps()].map((one) => supervisor.asyncNolink(self, one));
      assert.equal(await Task.await(self, a), 2);
      await assert.rejects(Task.await(self, b), ({ reason }) => reason instanceof RangeError);
      assert.equal(await Task.yield(self, c, 0), null);
      await Task.shutdown(self, c, "brutal_kill");
      Task.ignore(self, d);
      const owner = self.spawnMonitor(async (me) => {
        supervisor.async(me, tasks.waits());
        throw new Error("an owner crashes");
      });
      await self.receive((message) => message.ref === owner.ref);
    });
  }

  /** A server in a tree that crashes and is started again. */
  async restarts() {
    const start = this.isElsewhere ? Counter.child(this.supervisor) : GenServer.child(work.Counter);
    const app = await Supervisor.start([{ id: "counter", start }], { maxRestarts: 100 });
    for (let crash = 0; crash < 3; crash++) {
      const [{ pid }] = await app.whichChildren();
      const server = GenServer.at(pid);
      assert.equal(await server.call.add(2), 2);
      await assert.rejects(server.call.crash());
    }
    await app.stop();
  }

  /** Values as they come, all of them and only the first. */
  async streams() {
    let sum = 0;
    for await (const n of stream(this.supervisor, tasks.counts(100))) sum += n;
    assert.equal(sum, 5_050);
    for await (const n of stream(this.supervisor, tasks.counts(1_000_000))) if (n === 50) break;
  }

  /** Binary data that is moved. */
  async transfers() {
    await run(async (self) => {
      const bytes = new Uint8Array(65_536);
      const moved = this.isElsewhere ? transfer(bytes, [bytes.buffer]) : bytes;
      const back = await Task.await(self, this.supervisor.asyncNolink(self, tasks.shifts(moved)));
      assert.deepEqual([back.length, back[0]], [65_536, 1]);
    });
  }

  async round(count, rates) {
    await this.many(count, rates);
    await this.deadline();
    await this.cancellations();
    await this.oneByOne();
    await this.restarts();
    await this.streams();
    await this.transfers();
  }
}
