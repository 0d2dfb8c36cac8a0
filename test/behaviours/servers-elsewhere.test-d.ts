import type { Pid, Self, TaskSupervisor } from "taskward";
import { type GenServer, type Server, Supervisor } from "taskward/behaviours";
import { serversFrom } from "taskward/servers";
import { expectTypeOf, it } from "vitest";
import type * as servers from "./fixtures/servers.mjs";

declare const cores: TaskSupervisor;
declare const self: Self;

it("a server elsewhere has the types of its class", async () => {
  const references = serversFrom<typeof servers>("file:///servers.mjs");
  const { Counter } = references;
  const counter = await Counter.start(cores, [40]);
  expectTypeOf(counter).toEqualTypeOf<Server<servers.Counter>>();
  expectTypeOf(counter.call.add(1)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(counter.call.asked()).toEqualTypeOf<Promise<Pid | undefined>>();
  expectTypeOf(Counter.startLink(self, cores)).toEqualTypeOf<Promise<Server<servers.Counter>>>();
  // @ts-expect-error -- init takes a number
  void Counter.start(cores, ["40"]);
  // @ts-expect-error -- what is no class of servers is no reference
  expectTypeOf(references.notAServer);
  // @ts-expect-error -- no such method
  void counter.call.subtract(1);
  void Supervisor.start([{ id: "counter", start: Counter.child(cores, [40], { name: "counter" }) }]);
  expectTypeOf<GenServer>().not.toBeAny();
});
