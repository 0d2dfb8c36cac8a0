import type { AnySelf } from "taskward";

/** Stands for whatever makes one thing of many results: sums them up, and takes 50 milliseconds to add one. */
export class Aggregator {
  #value = 0;

  async add(self: AnySelf, result: number): Promise<void> {
    await self.sleep(50);
    this.#value += result;
  }

  get value(): number {
    return this.#value;
  }
}

/** What has been summed up, and whether that is all or what had come by the deadline. */
export interface Answer {
  readonly status: "ok" | "timeout";
  readonly value: number;
}
