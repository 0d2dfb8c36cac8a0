import type { RunnerEvent, TaskRunner } from "taskward";

/** What tests say of the events of a run. */

/** An event in short: what, of which task, with what. */
export function brief(event: RunnerEvent<unknown>): readonly unknown[] {
  if (event.type === "ok") return ["ok", event.index, event.value];
  if (event.type === "task_error") return ["task_error", event.index, event.reason];
  return ["timeout", event.pending.map((task) => task.index)];
}

export async function readAll(runner: TaskRunner<unknown>): Promise<(readonly unknown[])[]> {
  const events = [];
  for await (const event of runner) events.push(brief(event));
  return events;
}

export const byIndex = (events: (readonly unknown[])[]): (readonly unknown[])[] => events.sort((a, b) => (a[1] as number) - (b[1] as number));
