import { TaskRunner, TaskSupervisor, type TaskwardError } from "taskward";
import { VirtualTime } from "taskward/testing";
import { expect, it } from "vitest";

it("R1 tasks that fail as they are started are told of one after the other, in their order, however many there are", () => {
  const time = new VirtualTime({ reporter: () => undefined });
  const { node } = time;
  return time.run(async () => {
    const gone = TaskSupervisor.start({ node });
    await gone.stop();
    const count = 20_000;
    const specs = Array.from({ length: count }, () => [gone, () => 1] as const);
    const indexes: number[] = [];
    const codes = new Set<string>();
    for await (const event of TaskRunner.run(specs, { node }))
      if (event.type === "task_error") {
        indexes.push(event.index);
        codes.add((event.reason as TaskwardError).code);
      } else expect.unreachable(event.type);
    expect([...codes]).toEqual(["supervisor_down"]);
    expect(indexes).toEqual(Array.from({ length: count }, (_, index) => index));
  });
});
