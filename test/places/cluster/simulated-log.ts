import type { Entry, Log } from "../../../src/places/cluster/durable/log.js";
import type { SimulatedConnection, SimulatedNats } from "./simulated-bus.js";

/** How long, in milliseconds, until what has no answer is asked again. */
const again = 250;

/** The stream of a simulated NATS: what arrives is kept, and answers may be lost like any message. */
export class SimulatedLog {
  readonly entries: Entry[] = [];

  constructor(readonly nats: SimulatedNats) {}

  pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.nats.clock.set(resolve, milliseconds));
  }

  last(subject: string): Entry | undefined {
    return this.entries[this.entries.map((entry) => entry.subject).lastIndexOf(subject)];
  }

  append(subject: string, payload: Uint8Array, last: number | undefined): number {
    if (last !== undefined && (this.last(subject)?.number ?? 0) !== last) return 0;
    const number = (this.entries.at(-1)?.number ?? 0) + 1;
    this.entries.push({ subject, number, payload: Uint8Array.from(payload) });
    return number;
  }

  /** As one node sees it. */
  at(connection: SimulatedConnection): Log {
    const { nats } = this;
    /** There and back: what is lost on the way is asked again, and a program that is gone hears nothing. */
    const ask = async <T>(act: () => T): Promise<T> => {
      for (;;) {
        if (connection.state === "gone") throw new Error("closed");
        if (connection.state === "up" && nats.random.below(1_000) >= nats.loses) {
          await this.pause(nats.random.between(0, nats.delay));
          const answer = act(); // also for a program that is killed meanwhile: it had been sent
          await this.pause(nats.random.between(0, nats.delay));
          if (connection.state === "up" && nats.random.below(1_000) >= nats.loses) return answer;
        }
        await this.pause(again);
      }
    };
    return {
      maxPayload: 300,
      append: (subject, payload, last) => ask(() => this.append(subject, payload, last)),
      last: (subject) => ask(() => this.last(subject)),
      read: async (pattern, take) => {
        const stem = pattern.replace(/>$/, "");
        for (const entry of await ask(() => this.entries.filter(({ subject }) => subject.startsWith(stem)))) take(entry);
      },
      purge: (pattern) =>
        ask(() => {
          const stem = pattern.replace(/>$/, "");
          const rest = this.entries.filter(({ subject }) => !subject.startsWith(stem));
          this.entries.splice(0, this.entries.length, ...rest);
        }),
    };
  }
}
