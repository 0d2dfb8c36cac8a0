import { afterEach, expect, it } from "vitest";
import { setStartData, startData } from "../../src/tasks/start-data.js";

afterEach(() => {
  setStartData(undefined);
});

it("P5 start data is what was set, for every copy of the package in the program", () => {
  expect(startData()).toBeUndefined();
  const data = { words: ["a"] };
  setStartData(data);
  expect(startData()).toBe(data);
  expect((globalThis as Record<symbol, unknown>)[Symbol.for("taskward.startData")]).toBe(data);
});
