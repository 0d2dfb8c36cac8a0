/**
 * Times rounds of the same work after some to warm up, and checks what each comes to. It does not ask for a collection between them: a full one while
 * nothing of the work is alive throws compiled code away, which then is measured instead.
 *
 * @param work does all of it, and answers its sum
 * @returns nanoseconds a piece, of the median round: those that passed, and those that the process had a core (or two: collecting garbage takes helpers)
 */
export async function timeRounds(work, { pieces, sum, rounds, warmUp = 2 }) {
  const times = [];
  const cores = [];
  for (let round = -warmUp; round < rounds; round++) {
    const used = process.cpuUsage();
    const begin = process.hrtime.bigint();
    const got = await work();
    const took = Number(process.hrtime.bigint() - begin);
    const { user, system } = process.cpuUsage(used);
    if (got !== sum) throw new Error(`came to ${got} instead of ${sum}`);
    if (round < 0) continue;
    times.push(took / pieces);
    cores.push(((user + system) * 1_000) / pieces);
  }
  return { time: median(times), cpu: median(cores) };
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
