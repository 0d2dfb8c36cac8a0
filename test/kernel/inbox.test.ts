import { describe, expect, it, vi } from "vitest";
import { Inbox } from "../../src/kernel/inbox.js";
import { Scheduler } from "../../src/kernel/scheduler.js";
import { VirtualClock } from "../../src/testing/virtual-clock.js";

function setUp() {
  const inbox = new Inbox();
  const clock = new VirtualClock();
  const scheduler = new Scheduler(() => 0);
  return {
    inbox,
    clock,
    scheduler,
    send: (message: unknown) => inbox.deliver(message, scheduler, clock),
    receive: (match?: (message: unknown) => boolean, after?: number) => inbox.receive(match, after, scheduler, clock),
  };
}

const is = (wanted: unknown) => (message: unknown) => message === wanted;
const throws = (text: string) => (): boolean => {
  throw new Error(text);
};

describe("several receives at a time", () => {
  it("each gets the first message that it matches, in the order in which they began to wait", async () => {
    const { send, receive, inbox } = setUp();
    const all = [receive(is("c")), receive(), receive(is("b")), receive()];
    for (const message of ["a", "b", "c", "d", "e"]) send(message);
    expect(await Promise.all(all)).toEqual(["c", "a", "b", "d"]);
    expect(inbox.length).toBe(1);
    expect(await receive()).toBe("e");
  });

  it("one that times out leaves the others where they are", async () => {
    const { send, receive, clock } = setUp();
    const all = [receive(is("x"), 10), receive(is("y"), 5), receive(is("z"))];
    clock.step();
    clock.step();
    send("z");
    expect(await Promise.all(all)).toEqual([undefined, undefined, "z"]);
    expect(clock.pending).toBe(0);
  });

  it("a timer goes with its receive, whichever of them it is", async () => {
    const { send, receive, clock } = setUp();
    const all = [receive(is("x"), 10), receive(is("y"), 20), receive(is("z"), 30)];
    for (const [message, left] of [
      ["y", 2],
      ["x", 1],
      ["z", 0],
    ] as const) {
      send(message);
      expect(clock.pending).toBe(left);
    }
    expect(await Promise.all(all)).toEqual(["x", "y", "z"]);
  });

  it("one that is served leaves those before it, and those behind it, where they are", async () => {
    const { send, receive } = setUp();
    const all = [receive(is("w")), receive(is("x")), receive(is("y")), receive(is("z"))];
    for (const message of ["z", "y", "x", "w"]) send(message);
    expect(await Promise.all(all)).toEqual(["w", "x", "y", "z"]);
  });

  it("abandoned, all are told why, and their timers go", async () => {
    const { send, receive, inbox, clock } = setUp();
    send("left over");
    const all = [receive(is("x")), receive(is("y"), 20), receive(is("z"))];
    inbox.abandon(() => new Error("gone"), clock);
    for (const one of all) await expect(one).rejects.toThrow("gone");
    expect([inbox.length, inbox.waits, clock.pending]).toEqual([0, false, 0]);
  });
});

describe("a match that throws", () => {
  it("fails the receive it belongs to, not the sender, and the message stays", async () => {
    const { send, receive, inbox } = setUp();
    const failing = receive(throws("bad match"));
    send("message");
    await expect(failing).rejects.toThrow("bad match");
    expect(inbox.waits).toBe(false);
    expect(await receive()).toBe("message");
  });

  it("leaves the message to the next that waits", async () => {
    const { send, receive } = setUp();
    const [first, second, third] = [receive(throws("first")), receive(throws("second")), receive(is("message"))];
    send("message");
    await expect(first).rejects.toThrow("first");
    await expect(second).rejects.toThrow("second");
    expect(await third).toBe("message");
  });

  it("behind one that does not match, leaves the message to the next, too", async () => {
    const { send, receive } = setUp();
    const all = [receive(is("other")), receive(throws("second")), receive(throws("third")), receive(is("message"))];
    send("message");
    await expect(all[1]).rejects.toThrow("second");
    await expect(all[2]).rejects.toThrow("third");
    expect(await all[3]).toBe("message");
    send("other");
    expect(await all[0]).toBe("other");
  });

  it("on what lies in the mailbox already fails the receive, and takes nothing out", async () => {
    const { send, receive, inbox } = setUp();
    send(1);
    send(2);
    await expect(receive(throws("bad match"))).rejects.toThrow("bad match");
    expect(inbox.length).toBe(2);
  });

  it("clears its timer", async () => {
    const { send, receive, clock } = setUp();
    const failing = receive(throws("bad match"), 10);
    send("message");
    await expect(failing).rejects.toThrow("bad match");
    expect(clock.pending).toBe(0);
  });

  it("is no unhandled rejection while its receive waits for the budget of the next turn", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    try {
      const { send, receive, scheduler } = setUp();
      while (scheduler.spend());
      const failing = receive(throws("bad match"));
      const caught = failing.catch((error: unknown) => error);
      send("message");
      expect(await caught).toMatchObject({ message: "bad match" });
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off("unhandledRejection", unhandled);
    }
  });
});

describe("a match that does something itself", () => {
  it("delivering another message that the same receive takes loses neither", async () => {
    const { send, receive } = setUp();
    let sent = false;
    const first = receive((message) => {
      if (!sent) {
        sent = true;
        send("inner");
      }
      return message !== "nothing";
    });
    send("outer");
    expect(await first).toBe("inner");
    expect(await receive()).toBe("outer");
  });

  it("taking the message that it is asked about does not have it arrive twice", async () => {
    const { send, receive, inbox } = setUp();
    send("once");
    send("second");
    let taken: Promise<unknown> | undefined;
    const outer = receive((message) => {
      taken ??= receive();
      return typeof message === "string";
    });
    expect([await taken, await outer]).toEqual(["once", "second"]);
    expect(inbox.length).toBe(0);
  });

  it("receiving while it is asked about a message that comes gets another one", async () => {
    const { send, receive } = setUp();
    let inner: Promise<unknown> | undefined;
    const outer = receive(() => {
      inner ??= receive();
      return true;
    });
    send("first");
    send("second");
    expect([await outer, await inner]).toEqual(["first", "second"]);
  });
});

describe("K13 how long a receive waits", () => {
  it("its timer goes with it, where it was for any message, too", async () => {
    const { send, receive, clock } = setUp();
    const received = receive(undefined, 10);
    expect(clock.pending).toBe(1);
    send("message");
    expect([await received, clock.pending]).toEqual(["message", 0]);
  });

  it("0 ms are no time at all: it takes what is there, or nothing, and sets no timer", async () => {
    const { send, receive, clock, inbox } = setUp();
    expect(await receive(undefined, 0)).toBeUndefined();
    expect([clock.pending, inbox.waits]).toEqual([0, false]);
    send("message");
    expect(await receive(is("other"), 0)).toBeUndefined();
    expect(await receive(undefined, 0)).toBe("message");
  });
});

describe("what lies in the mailbox", () => {
  it("is taken out once; nothing is where no message ever came", () => {
    const { send, inbox } = setUp();
    const other = setUp();
    const [first, second] = [other.send("theirs"), other.send("theirs, too")];
    expect([inbox.remove(first!), inbox.removeAll(() => true), inbox.length]).toEqual([false, 0, 0]);
    send("own");
    expect(inbox.removeAll(() => true)).toBe(1);
    expect([other.inbox.remove(second!), other.inbox.remove(second!), other.inbox.removeAll(is("theirs"))]).toEqual([true, false, 1]);
  });
});

describe("the budget", () => {
  it("when it is spent, messages keep their order over the turn of the event loop", async () => {
    const { send, receive, scheduler } = setUp();
    const waiting = receive();
    while (scheduler.spend());
    for (const message of [1, 2, 3]) send(message);
    expect([await waiting, await receive(), await receive()]).toEqual([1, 2, 3]);
  });
});
