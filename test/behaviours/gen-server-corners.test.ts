import { type Pid, run } from "taskward";
import { GenServer } from "taskward/behaviours";
import { VirtualTime } from "taskward/testing";
import { describe, expect, it } from "vitest";

class Doer extends GenServer {
  readonly label = "a doer";
  log: unknown[] = [];

  nothing(): void {
    // answers undefined
  }

  hang(): Promise<never> {
    return new Promise(() => undefined);
  }

  later(): unknown {
    return this.defer();
  }

  leaves(): void {
    this.stop("done");
  }
}

const timedOut = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => expect.unreachable(),
    (error: unknown) => (error as Error).message,
  );

describe("what goes wrong with a server, in words", () => {
  const virtual = (scene: (time: VirtualTime) => Promise<void>): Promise<void> => {
    const time = new VirtualTime({ reporter: () => undefined });
    return time.run(() => scene(time));
  };

  it("G2 a call that times out says what the server does, since when, and how many wait behind it", () =>
    virtual(async (time) => {
      const server = await GenServer.start(Doer, [], { node: time.node });
      const hanging = timedOut(server.call({ timeout: 1_000 }).hang());
      server.cast.nothing();
      const one = timedOut(server.call({ timeout: 500 }).nothing());
      expect(await one).toMatch(/hang.* for 500 ms, and 2 messages wait behind it/);
      expect(await hanging).toMatch(/hang.* for 1000 ms/);
      await expect(server.stop("normal", 10)).rejects.toMatchObject({ code: "call_timeout" });
      time.node.find(server.pid)?.terminate("killed");
    }));

  it("G2 one that has put its answer off says that it handles nothing", () =>
    virtual(async (time) => {
      const server = await GenServer.start(Doer, [], { node: time.node });
      expect(await timedOut(server.call({ timeout: 100 }).later())).toContain("it handles nothing: it has put its answer off");
      await server.stop();
    }));

  it("G2 a method that is none, a reserved one and a property are told apart", () =>
    run(async () => {
      const server = await GenServer.start(Doer);
      const call = server.call as unknown as Record<string, () => Promise<unknown>>;
      const cast = server.cast as unknown as Record<string, () => void>;
      await expect(call["missing"]?.()).rejects.toThrow('has no method "missing" that can be called; it has nothing, hang, later, leaves');
      await expect(call["init"]?.()).rejects.toThrow("this name is reserved");
      expect(() => cast["missing"]?.()).toThrow('has no method "missing"');
      const untyped = GenServer.at(server.pid as Pid) as unknown as { readonly call: Record<string, () => Promise<unknown>> };
      await expect(untyped.call["label"]?.()).rejects.toThrow("label is a property");
      class Empty extends GenServer {}
      const empty = await GenServer.start(Empty);
      await expect((empty.call as unknown as Record<string, () => Promise<unknown>>)["x"]?.()).rejects.toThrow("; it has none");
      await empty.stop();
      await server.stop();
    }));

  it("G3 a class without a name is called so", () =>
    run(async (self) => {
      const server = await GenServer.start(class extends GenServer {});
      expect(self.info(server.pid)?.runs).toBe("(anonymous server)");
      await server.stop();
    }));

  it("G1 `await using` kills what does not stop in time, and takes another end for an end", () =>
    virtual(async (time) => {
      const server = await GenServer.start(Doer, [], { node: time.node });
      const hanging = timedOut(server.call.hang());
      await server[Symbol.asyncDispose]();
      await hanging;
      await time.node.run((self) => self.sleep(0));
      expect(time.node.info(server.pid)).toBeUndefined();
      const other = await GenServer.start(Doer, [], { node: time.node });
      other.cast.leaves();
      await other[Symbol.asyncDispose]();
      expect(time.node.info(other.pid)).toBeUndefined();
    }));

  it("G1 what only a handler can do is refused outside of one", () =>
    run(async () => {
      let inner: Doer | undefined;
      class Keeper extends Doer {
        override init(): void {
          inner = this; // eslint-disable-line @typescript-eslint/no-this-alias -- what is kept for later, by mistake
        }
      }
      const server = await GenServer.start(Keeper);
      const late = inner as unknown as {
        ignore(): void;
        continueWith(value: unknown): void;
        timeoutAfter(ms: number): void;
        defer(): unknown;
        stop(): void;
      };
      expect(() => {
        late.ignore();
      }).toThrow("ignore() was called while");
      expect(() => {
        late.continueWith(1);
      }).toThrow("continueWith(value) was called while");
      expect(() => {
        late.timeoutAfter(1);
      }).toThrow("timeoutAfter(ms) was called while");
      expect(() => late.defer()).not.toThrow();
      late.stop();
      await expect(server.call.nothing()).rejects.toMatchObject({ code: "call_failed" });
    }));
});
