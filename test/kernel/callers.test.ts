import { type CrashReport, Node, Task, TaskSupervisor, formatCrash, run, tasksFrom } from "taskward";
import { threads } from "taskward/threads";
import { afterAll, describe, expect, it } from "vitest";
import type * as Callers from "./fixtures/callers.js";

const reports: CrashReport[] = [];
const node = new Node({ name: "main", reporter: (report) => reports.push(report) });
const here = TaskSupervisor.start({ node });
const cores = TaskSupervisor.start({ node, on: threads({ size: 1 }) });
const far = tasksFrom<typeof Callers>(new URL("./fixtures/callers.ts", import.meta.url));
afterAll(() => Promise.all([here.stop(), cores.stop()]));

describe("K15", () => {
  it("K15 a task knows who asked for it, nearest first, across supervisors", () =>
    run(
      async (self) => {
        const outer = here.asyncNolink(self, async (child) => {
          const inner = here.asyncNolink(child, (grandchild) => ({ callers: grandchild.callers, parent: grandchild.parent }));
          return { pid: child.pid, callers: child.callers, inner: await Task.await(inner) };
        });
        const { pid, callers, inner } = await Task.await(outer);
        expect(callers).toEqual([self.pid]);
        expect(inner).toEqual({ callers: [pid, self.pid], parent: here.pid });
      },
      { node },
    ));

  it("K15 the chain goes into a thread, and on from there", () =>
    run(
      async (self) => {
        const outer = here.asyncNolink(self, async (child) => ({ pid: child.pid, far: await Task.await(cores.asyncNolink(child, far.chains())) }));
        const middle = await Task.await(outer);
        expect(middle.far.pid).toMatch(/^<main\/t\d+\.\d+>$/);
        expect(middle.far.callers).toEqual([middle.pid, self.pid]);
        expect(middle.far.inner.callers).toEqual([middle.far.pid, middle.pid, self.pid]);
      },
      { node },
    ));

  it("K15 a process that a task starts has the callers of the task", () =>
    run(
      async (self) => {
        const callers = await Task.await(
          here.asyncNolink(self, async (child) => {
            child.spawn((grandchild) => child.send(child.pid, grandchild.callers));
            return child.receive();
          }),
        );
        expect(callers).toEqual([self.pid]);
      },
      { node },
    ));

  it("K15 crash reports show the chain", () =>
    run(
      async (self) => {
        for (const work of [() => Promise.reject(new Error("near")), far.crash()]) {
          reports.length = 0;
          const supervisor = typeof work === "function" ? here : cores;
          const { pid } = await Task.await(
            here.asyncNolink(self, async (child) => {
              await Task.yield(supervisor.asyncNolink(child, work), 5_000);
              return { pid: child.pid };
            }),
          );
          expect(reports).toHaveLength(1);
          expect(reports[0]?.callers).toEqual([pid, self.pid]);
          expect(formatCrash(reports[0] as CrashReport)).toContain(`callers: ${pid} <- ${self.pid}`);
        }
      },
      { node },
    ));
});
