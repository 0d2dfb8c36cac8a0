import { afterEach, expect, it, vi } from "vitest";
import { exitProgram, keepRunning, onSignals } from "../../src/behaviours/host.js";

afterEach(() => {
  vi.unstubAllGlobals();
});

it("V7 an application in a browser, which is no program that could end, hears no signals and ends none", () => {
  vi.stubGlobal("process", undefined);
  const heard = vi.fn();
  onSignals(["SIGTERM"], heard)();
  exitProgram(1);
  keepRunning()();
  vi.unstubAllGlobals();
  expect(heard).not.toHaveBeenCalled();
});

it("V7 an application in a program hears its signals until it is told not to", () => {
  const heard = vi.fn();
  const stop = onSignals(["SIGUSR2", "SIGHUP"], heard);
  (process as NodeJS.EventEmitter).emit("SIGHUP", "SIGHUP", 1);
  stop();
  (process as NodeJS.EventEmitter).emit("SIGHUP", "SIGHUP", 1);
  expect(heard.mock.calls).toEqual([["SIGHUP", 1]]);
  expect([process.listenerCount("SIGUSR2"), process.listenerCount("SIGHUP")]).toEqual([0, 0]);
});
