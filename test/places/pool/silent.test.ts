import { describe, expect, it } from "vitest";
import { childProcess, isolated, outcomes, poolAt, trouble } from "../../faults/pool.js";

const numbers = Array.from({ length: 20 }, (_, n) => n);
const values = numbers.map((n) => trouble.value(n));

describe.each(isolated)("P1 what a task leaves behind in a $name", ({ on }) => {
  it.each([1, 2])("P1 a loop: the next tasks run all the same (%i)", async (size) => {
    const pool = poolAt(on({ size }));
    expect(await outcomes(pool, [trouble.loopLater()])).toEqual(["ended"]);
    expect(await outcomes(pool, values)).toEqual(numbers);
  });

  it("P1 a loop, while another task runs there: what waits behind it runs elsewhere", async () => {
    const pool = poolAt(on({ size: 2, concurrency: 3 }));
    const waiting = pool.asyncNolink(trouble.never());
    expect(await outcomes(pool, [trouble.loopLater(), trouble.loopLater()])).toEqual(["ended", "ended"]);
    expect(await outcomes(pool, values)).toEqual(numbers);
    expect(pool.children()).toHaveLength(1);
    await pool.terminateChild(waiting);
  });
});

it.each([1, 2])("P1 an idle child process that is stopped by SIGSTOP: the next tasks run all the same (%i)", async (size) => {
  const pool = poolAt(childProcess.on({ size }));
  const [where] = (await outcomes(pool, [trouble.where()])) as [string];
  process.kill(Number.parseInt(where), "SIGSTOP");
  expect(await outcomes(pool, values)).toEqual(numbers);
});
