import { type NodeDown, Task, TaskSupervisor, run, tasksFrom } from "taskward";
import { processes } from "taskward/processes";
import { describe, expect, it } from "vitest";
import type * as forger from "./fixtures/forger.mjs";
import { silence } from "./pool.js";

const { says, value } = tasksFrom<typeof forger>(new URL("./fixtures/forger.mjs", import.meta.url));

describe("N5 P1 a child process that writes on its pipe what is none of ours", () => {
  it.each(["null", "a number", "nothing printed", "a stream of no name", "a text that is none", "bytes", "an empty error"] as const)(
    "P1 %s: harms the child process alone, and the next task runs",
    async (what) => {
      const uncaught = silence();
      await using pool = TaskSupervisor.start({ on: processes({ size: 1, stdout: () => undefined, stderr: () => undefined }) });
      await run(async (self) => {
        const answer = await Task.yield(self, pool.asyncNolink(self, says(what)), 20_000);
        if (what === "an empty error")
          expect(answer).toEqual({ ok: "said" }); // it says what the child will have died of
        else
          expect((answer as { exit: NodeDown }).exit).toMatchObject({
            code: "node_down",
            message: expect.stringContaining("cannot be read") as string,
          });
        expect(await Task.await(self, pool.asyncNolink(self, value(7)))).toBe(7);
      });
      expect(uncaught()).toEqual([]);
    },
  );
});
