import type { Pid, Self } from "taskward";

/** A process that does what it is sent, and waits for more. */
export function worker(self: Self): Pid<(me: Self) => void> {
  return self.spawn(async (me) => {
    for (;;) ((await me.receive()) as (me: Self) => void)(me as unknown as Self);
  });
}

/** Has a worker do something, and resolves when it is done. */
export async function ask<R>(self: Self, pid: Pid<(me: Self) => void>, what: (me: Self) => R): Promise<R> {
  return new Promise<R>((resolve, reject) => {
    self.send(pid, (me) => {
      try {
        resolve(what(me));
      } catch (error) {
        reject(error as Error);
      }
    });
  });
}
