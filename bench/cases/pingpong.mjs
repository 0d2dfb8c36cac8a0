import { beam } from "../harness/beam.mjs";
import { ratio } from "../harness/targets.mjs";
import { timeRounds } from "../harness/rounds.mjs";

const trips = 100_000;
const sum = (trips * (trips - 1)) / 2;

const timed =
  (prepare) =>
  async ({ quick }) =>
    timeRounds(await prepare(), { pieces: trips, sum, rounds: quick ? 3 : 9 });

const taskward = timed(async () => {
  const { run } = await import("taskward");
  return () =>
    run(async (self) => {
      const other = self.spawnLink(async (me) => {
        for (;;) {
          const { from, number } = await me.receive();
          me.send(from, number);
        }
      });
      let total = 0;
      for (let number = 0; number < trips; number++) {
        self.send(other, { from: self.pid, number });
        total += await self.receive();
      }
      self.unlink(other);
      self.exit(other, "kill");
      return total;
    });
});

/** The least that a mailbox with an address can be: a queue, a promise for whoever waits, and a table of addresses. */
class Mailbox {
  static table = new Map();
  static count = 0;
  pid = `<raw.${++Mailbox.count}>`;
  #queue = [];
  #waiting;

  constructor() {
    Mailbox.table.set(this.pid, this);
  }

  send(to, message) {
    Mailbox.table.get(to)?.deliver(message);
  }

  deliver(message) {
    const waiting = this.#waiting;
    if (waiting === undefined) this.#queue.push(message);
    else {
      this.#waiting = undefined;
      waiting(message);
    }
  }

  receive() {
    if (this.#queue.length > 0) return Promise.resolve(this.#queue.shift());
    return new Promise((resolve) => (this.#waiting = resolve));
  }
}

const raw = timed(async () => async () => {
  const [one, other] = [new Mailbox(), new Mailbox()];
  const echo = async () => {
    for (let left = trips; left > 0; left--) {
      const { from, number } = await other.receive();
      other.send(from, number);
    }
  };
  void echo();
  let total = 0;
  for (let number = 0; number < trips; number++) {
    one.send(other.pid, { from: one.pid, number });
    total += await one.receive();
  }
  for (const { pid } of [one, other]) Mailbox.table.delete(pid);
  return total;
});

export default {
  claim: "a message from one process to another and its answer; raw is a mailbox of promises and nothing else",
  metrics: { time: { unit: "ns/trip" }, cpu: { unit: "ns/trip" } },
  passes: { quick: 3, full: 7 },
  variants: { roundtrip: { taskward, raw, beam: beam("pingpong.exs", ({ quick }) => [trips, quick ? 3 : 9]) } },
  targets: [ratio("roundtrip", "time", "beam", { atMost: 0.7 })],
};
