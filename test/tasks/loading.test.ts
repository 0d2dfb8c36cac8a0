import { Task, TaskRunner, TaskSupervisor, callOf, collect } from "taskward";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** A module of this text. */
const module = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;
const oddThings = new URL("../faults/fixtures/exports-odd-things.mjs", import.meta.url);

/** In real time: modules take it to load. In threads, where a module can do more harm, see trouble.test.ts. */
describe("modules on this event loop", () => {
  let here: TaskSupervisor;
  beforeAll(() => {
    here = TaskSupervisor.start();
  });
  afterAll(() => here.stop());

  it.each([
    ["throws on import", module('throw new Error("not today")'), "not today"],
    ["throws later on import", module('await undefined; throw new Error("not today, nor later")'), "nor later"],
    ["does not parse", module("export const value = (x => x;"), "SyntaxError"],
    ["is not there", new URL("./is-not-there.mjs", import.meta.url).href, "is-not-there"],
  ])("R12 a module that %s is an event, and its neighbours run", async (_name, url, message) => {
    const runner = TaskRunner.run([[here, () => "before"], [here, callOf(url, "value", [1])], () => "after"]);
    const { values, errors } = await collect(runner);
    expect(values).toEqual(["before", "after"]);
    expect(errors).toMatchObject([{ index: 1, reason: { code: "load_failed", message: expect.stringContaining(message) } }]);
  });

  it.each([
    ["missing", /has no export "missing": its functions are NoFunction/],
    ["five", /"five" of .* is of type number, not a function/],
    ["nothing", /"nothing" of .* is null, not a function/],
    ["default", /"default" of .* is of type object, not a function/],
    ["toString", /has no export "toString"/],
    ["NoFunction", /NoFunction/],
  ])("R12 an export that is not to be called: %s", async (name, message) => {
    const { errors } = await collect(TaskRunner.run([[here, callOf(oddThings, name, [1])]]));
    expect(errors).toMatchObject([{ reason: { message: expect.stringMatching(message) } }]);
    const task = here.asyncNolink(callOf(oddThings, name, [1]));
    expect(await Task.yield(task)).toMatchObject({ exit: { message: expect.stringMatching(message) } });
  });

  it("R12 a module that never settles on import ends at its task's deadline, and leaves nothing", async () => {
    const url = module("await new Promise(() => {})");
    const { errors } = await collect(TaskRunner.run([[here, callOf(url, "value", [1])]], { taskTimeout: 30 }));
    expect(errors).toMatchObject([{ reason: { code: "task_timeout" } }]);
    const { timedOut, pending } = await collect(TaskRunner.run([[here, callOf(url, "value", [1])]], { timeout: 30 }));
    expect([timedOut, pending.length]).toEqual([true, 1]);
    const task = here.asyncNolink(callOf(url, "value", [1]));
    expect(await Task.shutdown(task)).toBeNull();
    expect(here.children()).toEqual([]);
  });

  it("R12 what is no value for a thread is one here", async () => {
    const fn = (): number => 1;
    const { values } = await collect(TaskRunner.run([[here, () => fn], () => Symbol.iterator]));
    expect(values).toEqual([fn, Symbol.iterator]);
  });
});
