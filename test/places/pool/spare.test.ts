import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { childProcess, outcomes, poolAt, trouble } from "../../faults/pool.js";

/** The child processes of this one that run Node: neither what counts them nor what guards them does. */
function children(): number[] {
  const { stdout } = spawnSync("ps", ["-A", "-o", "ppid=,pid=,stat=,args="], { encoding: "utf8" });
  return stdout
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([parent, , stat, program]) => Number(parent) === process.pid && program === process.execPath && stat?.startsWith("Z") === false)
    .map(([, child]) => Number(child));
}

it("P1 once a node has died there is a spare, which has started when the next one dies, and is gone with its pool", async () => {
  const pool = poolAt(childProcess.on({ size: 1 }));
  const before = children();
  const [first] = (await outcomes(pool, [trouble.where()])) as [string];
  expect(children()).toHaveLength(before.length + 1); // nobody has died: no spare
  process.kill(Number.parseInt(first), "SIGKILL");
  const others = (): number[] => children().filter((pid) => !before.includes(pid));
  await expect.poll(() => others().filter((pid) => pid !== Number.parseInt(first)), { timeout: 15_000 }).toHaveLength(1);
  const [spare] = others();
  const [second] = (await outcomes(pool, [trouble.where()])) as [string];
  expect(Number.parseInt(second)).toBe(spare);
  await pool.stop();
  expect(others()).toEqual([]);
});
