import { afterEach, beforeEach, expect, vi } from "vitest";
import { Down, type Pid, type Self } from "../../src/kernel/index.js";
import { settled, supervised } from "../../src/testing/index.js";
import type { Scene } from "../../src/testing/scene.js";

/** A scene after which nothing may be left on the node, what is linked to its process included. */
export const scene = (play: (self: Self, scene: Scene) => unknown): (() => Promise<void>) =>
  supervised({ exit: "normal" }, (all) => play(all.self, all));

/** The exit reason of a process. */
export async function endOf(self: Self, pid: Pid<never>): Promise<unknown> {
  const ref = self.monitor(pid);
  return ((await self.receive((message) => message instanceof Down && message.ref === ref)) as Down).reason;
}

/** Has each test of the file fail for a rejection that nobody handles. */
export function expectAllHandled(): void {
  const unhandled = vi.fn();
  beforeEach(() => {
    unhandled.mockClear();
    process.on("unhandledRejection", unhandled);
  });
  afterEach(async () => {
    await settled();
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
}
