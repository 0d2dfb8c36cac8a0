import { type Pid, type Self, TaskRunner } from "taskward";
import { type Deferred, GenServer, type InitArgs, type NamedServer, type Server } from "taskward/behaviours";
import { describe, expectTypeOf, it } from "vitest";

class Store extends GenServer {
  readonly size = 3;
  #items = new Map<string, number>();

  override init(from: string, copies?: number) {
    this.#items.set(from, copies ?? 0);
  }
  get(key: string) {
    return this.#items.get(key);
  }
  async load(key: string, { fresh = false }: { fresh?: boolean } = {}) {
    await this.self.sleep(fresh ? 1 : 0);
    return key.length;
  }
  wait(): Deferred<string> {
    return this.defer<string>();
  }
  maybeWait(now: boolean): Deferred<string> | number {
    return now ? 1 : this.defer<string>();
  }
  clear() {
    this.#items.clear();
    this.cast.load("a", { fresh: true });
    // @ts-expect-error there is no such method
    this.cast.lod("a");
    // @ts-expect-error a number is no key
    this.cast.load(1);
  }
  protected hidden() {
    return 1;
  }
  private secret() {
    return this.hidden();
  }
  override handleInfo(message: unknown) {
    if (message === "secret") this.secret();
  }
}

class Plain extends GenServer {
  ping() {
    return "pong" as const;
  }
}

class Larger extends Store {
  more(n: number) {
    return n;
  }
}

declare const store: Server<Store>;
declare const self: Self;
declare const pid: Pid;

describe("a call", () => {
  it("has the method's arguments, and answers what it returns, later", () => {
    expectTypeOf(store.call.get("a")).toEqualTypeOf<Promise<number | undefined>>();
    expectTypeOf(store.call.load("a", { fresh: true })).toEqualTypeOf<Promise<number>>();
    expectTypeOf(store.call.clear()).toEqualTypeOf<Promise<void>>();
    expectTypeOf(store.call({ timeout: 100 }).load("a")).toEqualTypeOf<Promise<number>>();
    expectTypeOf(store.call.wait()).toEqualTypeOf<Promise<string>>();
    expectTypeOf(store.call.maybeWait(true)).toEqualTypeOf<Promise<string | number>>();
  });

  it("refuses what the server does not have", () => {
    // @ts-expect-error there is no such method
    void store.call.got("a");
    // @ts-expect-error it takes a key
    void store.call.get();
    // @ts-expect-error a number is no key
    void store.call.get(1);
    // @ts-expect-error it takes one argument
    void store.call.get("a", "b");
    // @ts-expect-error what it answers is a number
    const text: Promise<string> = store.call.load("a");
    // @ts-expect-error a field is no method
    store.call.size();
    // @ts-expect-error it is protected
    store.call.hidden();
    // @ts-expect-error it is private
    store.call.secret();
    // @ts-expect-error a callback is not called by others
    store.call.init("a");
    // @ts-expect-error nor is this
    store.call.handleInfo("a");
    // @ts-expect-error nor what it can ask for itself
    store.call.stop();
    // @ts-expect-error there is no such option
    void store.call({ timout: 100 }).get("a");
    return text;
  });
});

describe("a cast", () => {
  it("has the method's arguments, and answers nothing", () => {
    expectTypeOf(store.cast.get("a")).toEqualTypeOf<void>();
    // @ts-expect-error there is no such method
    store.cast.got("a");
    // @ts-expect-error a number is no key
    store.cast.get(1);
  });
});

describe("starting", () => {
  it("takes the arguments of init", () => {
    expectTypeOf<InitArgs<Store>>().toEqualTypeOf<[from: string, copies?: number | undefined]>();
    expectTypeOf(GenServer.start(Store, ["a"])).toEqualTypeOf<Promise<Server<Store>>>();
    expectTypeOf(GenServer.start(Store, ["a", 1], { name: "store" })).toEqualTypeOf<Promise<Server<Store>>>();
    expectTypeOf(GenServer.start(Plain)).toEqualTypeOf<Promise<Server<Plain>>>();
    expectTypeOf(GenServer.startLink(self, Store, ["a"], { name: "store" })).toEqualTypeOf<Promise<Server<Store>>>();
    expectTypeOf(Store.startLink(self, "a", 1)).toEqualTypeOf<Promise<Server<Store>>>();
    expectTypeOf(Plain.startLink(self)).toEqualTypeOf<Promise<Server<Plain>>>();
    Store.childSpec("a");
    GenServer.child(Store, ["a"]);
    void GenServer.enter(self, Store, ["a"], { ready: pid });
    // @ts-expect-error init wants an argument
    void GenServer.start(Store);
    // @ts-expect-error a number is no name
    void GenServer.start(Store, [1]);
    // @ts-expect-error init takes nothing
    void GenServer.start(Plain, [1]);
    // @ts-expect-error a number is no name
    void Store.startLink(self, 1);
    // @ts-expect-error init wants an argument
    Store.childSpec();
    // @ts-expect-error there is no such option
    void GenServer.start(Plain, [], { nmae: "x" });
    // @ts-expect-error this is no class of servers
    void GenServer.start(Map);
    // @ts-expect-error what all servers have in common is none by itself
    void GenServer.start(GenServer);
  });
});

describe("a server by its address", () => {
  it("is of the class that it is said to be of", () => {
    expectTypeOf(GenServer.at<Store>(pid)).toEqualTypeOf<Server<Store>>();
    expectTypeOf(GenServer.at<Store>("store")).toEqualTypeOf<NamedServer<Store>>();
    expectTypeOf(GenServer.at<Store>("store").pid).toEqualTypeOf<Pid | undefined>();
    expectTypeOf(GenServer.at<Store>({ name: "store", node: "b" }, { self }).call.get("a")).toEqualTypeOf<Promise<number | undefined>>();
    expectTypeOf(store.from(self).call.get("a")).toEqualTypeOf<Promise<number | undefined>>();
  });

  it("stands for those of the classes it is made from", () => {
    const larger = GenServer.at<Larger>(pid);
    expectTypeOf(larger.call.more(1)).toEqualTypeOf<Promise<number>>();
    expectTypeOf(larger.call.get("a")).toEqualTypeOf<Promise<number | undefined>>();
  });
});

describe("a server's own process", () => {
  it("owns a run", () => {
    class Owner extends GenServer {
      #runner?: TaskRunner<number>;
      begin() {
        this.#runner = TaskRunner.run([() => 1], { owner: this.self });
      }
      override handleInfo(message: unknown) {
        const event = this.#runner?.handleMessage(message);
        if (event?.type === "ok") expectTypeOf(event.value).toEqualTypeOf<number>();
        if (this.#runner?.done) this.cast.finished();
      }
      finished() {
        return true;
      }
    }
    void GenServer.start(Owner);
  });
});
