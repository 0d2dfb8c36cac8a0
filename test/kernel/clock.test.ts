import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../../src/kernel/clock.js";
import { Node } from "../../src/kernel/node.js";

const longest = 2 ** 31 - 1;

describe("the system's clock, with the host's timers under control", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([1, 1_000, longest, longest + 1, 2 ** 31 + 5_000, 3 * longest + 7, 400 * 86_400_000])(
    "a timer of %d ms fires then, and not before",
    (delay) => {
      const fire = vi.fn();
      systemClock.set(fire, delay);
      vi.advanceTimersByTime(delay - 1);
      expect(fire).not.toHaveBeenCalled();
      vi.advanceTimersByTime(1);
      expect(fire).toHaveBeenCalledOnce();
      vi.advanceTimersByTime(delay);
      expect(fire).toHaveBeenCalledOnce();
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it.each([0, 10, longest + 1, 3 * longest])("one of %d ms that is cleared never fires, whichever step it is in, and holds nothing", (delay) => {
    for (const passed of new Set([0, delay / 2, Math.max(0, delay - 1)])) {
      const fire = vi.fn();
      const handle = systemClock.set(fire, delay);
      if (passed > 0) vi.advanceTimersByTime(passed);
      systemClock.clear(handle);
      expect(vi.getTimerCount()).toBe(0);
      vi.advanceTimersByTime(4 * longest);
      expect(fire).not.toHaveBeenCalled();
    }
  });

  it("one without end holds nothing, and can be cleared", () => {
    const handle = systemClock.set(() => expect.unreachable(), Number.POSITIVE_INFINITY);
    expect(vi.getTimerCount()).toBe(0);
    systemClock.clear(handle);
  });

  it("K13 a message that is put off for longer than the host's timers last arrives in time; so does an absolute one", async () => {
    const node = new Node();
    const heard: unknown[] = [];
    const pid = node.spawn(async (self) => {
      for (;;) heard.push(await self.receive());
    });
    const delay = 2 * longest + 1_000;
    node.sendAfter(pid, "relative", delay);
    const absolute = node.sendAfter(pid, "absolute", { at: systemClock.now() + delay + 5 });
    const cancelled = node.sendAfter(pid, "cancelled", delay);
    await vi.advanceTimersByTimeAsync(longest + 10);
    expect(cancelled.cancel()).toBeCloseTo(longest + 990, -1);
    await vi.advanceTimersByTimeAsync(delay - longest - 11);
    expect(heard).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(heard).toEqual(["relative"]);
    await vi.advanceTimersByTimeAsync(5);
    expect(heard).toEqual(["relative", "absolute"]);
    expect(absolute.cancel()).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("the system's clock", () => {
  it("tells the milliseconds since the epoch, and never goes back", () => {
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(60_000);
    expect(Math.abs(systemClock.coarse() - Date.now())).toBeLessThan(1_000);
    let last = systemClock.now();
    for (let n = 0; n < 1_000; n++) {
      const now = systemClock.now();
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
    }
  });
});
