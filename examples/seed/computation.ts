import type { AnySelf } from "taskward";

/** Stands for a query, a call of somebody else's service, or a long calculation: takes `x` milliseconds and answers `x`, and crashes unless `x` is positive. */
export async function compute(self: AnySelf, x: number): Promise<number> {
  if (x <= 0) throw new RangeError(`cannot compute ${x}: give a positive number`);
  await self.sleep(x);
  return x;
}

/** Ten numbers from 1 to 1,000. */
export const randomNumbers = (): number[] => Array.from({ length: 10 }, () => 1 + Math.floor(Math.random() * 1_000));

/** Ten numbers from -499 to 500: about half of them crash their computation. */
export const mixedNumbers = (): number[] => randomNumbers().map((x) => x - 500);
