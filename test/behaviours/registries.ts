import type { Node, Pid, Self } from "taskward";
import { Registry } from "taskward/behaviours";
import { VirtualTime } from "taskward/testing";
import { beforeEach } from "vitest";

/** A node in virtual time, new for each test of a file, and registries on it. */
export function newScene() {
  let time: VirtualTime;
  beforeEach(() => {
    time = new VirtualTime({ reporter: () => undefined });
  });
  return {
    get time(): VirtualTime {
      return time;
    },
    get node(): Node {
      return time.node;
    },
    unique: <K = unknown, V = unknown>() => Registry.start<K, V>({ keys: "unique", node: time.node }),
    duplicate: <K = unknown, V = unknown>() => Registry.start<K, V>({ keys: "duplicate", node: time.node }),
  };
}

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
