import { type Self, TaskRunner, TaskSupervisor } from "taskward";
import { GenServer } from "taskward/behaviours";
import { VirtualTime } from "taskward/testing";
import { describe, expect, it } from "vitest";
import { quiet } from "./counter.js";

const time = new VirtualTime({ reporter: quiet });
const pool = TaskSupervisor.start({ node: time.node });

/** Prices that take as long as their symbols are, in tenths of a second; none for what is empty. */
const quote = {
  fetch: (symbol: string) => async (self: Self) => {
    await self.sleep(symbol.length * 100);
    if (symbol === "!") throw new Error("no such symbol");
    return symbol.length;
  },
};

/** As the documentation has it. */
class Quotes extends GenServer {
  #runner?: TaskRunner<number>;
  #total = 0;
  #finished = false;
  readonly others: unknown[] = [];

  start(symbols: string[]) {
    this.#runner = TaskRunner.run(
      symbols.map((s) => [pool, quote.fetch(s)] as const),
      { timeout: 400, owner: this.self },
    );
  }
  total() {
    return this.#total;
  }
  isFinished() {
    return this.#finished;
  }
  finished() {
    this.#finished = true;
  }
  override handleInfo(message: unknown) {
    const event = this.#runner?.handleMessage(message); // null: not for the runner, handle it yourself
    if (event?.type === "ok") this.#total += event.value;
    if (this.#runner?.done) this.cast.finished();
    if (event === null) this.others.push(message);
  }
  rest() {
    return this.others;
  }
}

describe("a TaskRunner within a server", () => {
  it("G1 R2 R3 R4 is owned by its process, and fed by handleInfo, while the server serves", async () => {
    await time.run(async (self) => {
      const quotes = await GenServer.start(Quotes, [], { node: time.node });
      quotes.cast.start(["A", "BB", "!", "SEVENTH"]);
      expect(await quotes.call.total()).toBe(0);
      await self.sleep(150);
      self.send(quotes.pid, "something else");
      expect(await quotes.call.total()).toBe(1);
      await self.sleep(100);
      expect([await quotes.call.total(), await quotes.call.isFinished()]).toEqual([3, false]);
      await self.sleep(151);
      expect([await quotes.call.total(), await quotes.call.isFinished(), time.now]).toEqual([3, true, 401]);
      expect(await quotes.call.rest()).toEqual(["something else"]);
      await quotes.stop();
    });
    await time.until(pool.stop());
  });
});
