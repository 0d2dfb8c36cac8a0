import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Down, Exit, type Pid, type Self } from "taskward";
import { VirtualTime } from "taskward/testing";
import { describe, expect, it } from "vitest";
import { hasElixir } from "./otp.js";

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** The next message, as the lines write it; nothing when none comes. */
async function next(self: Self): Promise<unknown> {
  const message = await self.receive(undefined, { after: 60 });
  if (message instanceof Exit) return ["exit", message.reason];
  if (message instanceof Down) return ["down", message.reason];
  return message ?? "nothing";
}

const many = async (self: Self, count: number): Promise<unknown> => {
  const all = [];
  while (all.length < count) all.push(await next(self));
  return all;
};

const waiting = (self: Self): Pid => self.spawn((one) => one.receive());

async function dead(self: Self): Promise<Pid> {
  const { pid } = self.spawnMonitor(() => undefined);
  await self.receive();
  return pid;
}

/** What `act` came to: "lives", or "error" when it threw. */
function attempt(act: () => unknown): string {
  try {
    act();
    return "lives";
  } catch {
    return "error";
  }
}

const trapping =
  (play: (self: Self) => unknown) =>
  (self: Self): unknown => {
    self.trapExit = true;
    return play(self);
  };

/** What each situation comes to: what is returned, or the exit reason. The same names stand in exits.exs. */
const situations: Readonly<Record<string, (self: Self) => unknown>> = {
  "exit(self, normal)": async (self) => {
    self.exit(self.pid, "normal");
    return "lives";
  },
  "exit(self, normal), trapping": trapping((self) => {
    self.exit(self.pid, "normal");
    return next(self);
  }),
  "exit(self, kill), trapping": trapping((self) => {
    self.exit(self.pid, "kill");
    return "lives";
  }),
  "exit(other, normal)": async (self) => {
    self.spawn((one) => one.exit(self.pid, "normal"));
    await self.sleep(50);
    return "lives";
  },
  "exit(other, normal), trapping": trapping((self) => {
    self.spawn((one) => one.exit(self.pid, "normal"));
    return next(self);
  }),
  "exit(other, normal), linked": async (self) => {
    self.spawnLink(async (one) => {
      one.exit(self.pid, "normal");
      await one.receive();
    });
    await self.sleep(50);
    return "lives";
  },
  "linked one ends normally": async (self) => {
    self.spawnLink(() => undefined);
    await self.sleep(50);
    return "lives";
  },
  "linked one ends normally, trapping": trapping((self) => {
    self.spawnLink(() => undefined);
    return next(self);
  }),
  "linked one exits with kill": async (self) => {
    self.spawnLink((one) => one.exit("kill"));
    await self.sleep(50);
    return "lives";
  },
  "linked one exits with kill, trapping": trapping((self) => {
    self.spawnLink((one) => one.exit("kill"));
    return next(self);
  }),
  "linked one is killed": async (self) => {
    const pid = waiting(self);
    self.link(pid);
    self.exit(pid, "kill");
    await self.sleep(50);
    return "lives";
  },
  "linked one is killed, trapping": trapping((self) => {
    const pid = waiting(self);
    self.link(pid);
    self.exit(pid, "kill");
    return next(self);
  }),
  "exit(self, killed), trapping": trapping((self) => {
    self.exit(self.pid, "killed");
    return next(self);
  }),
  "link to a dead process, trapping": trapping(async (self) => {
    self.link(await dead(self));
    return next(self);
  }),
  "link to oneself": (self) => {
    self.link(self.pid);
    return "lives";
  },
  "link twice, one exit": trapping((self) => {
    const pid = waiting(self);
    self.link(pid);
    self.link(pid);
    self.exit(pid, "x");
    return many(self, 2);
  }),
  "unlink when the exit is in the mailbox": trapping(async (self) => {
    const pid = self.spawnLink((one) => one.exit("x"));
    await self.sleep(30);
    self.unlink(pid);
    return next(self);
  }),
  "unlink before": trapping((self) => {
    const pid = waiting(self);
    self.link(pid);
    self.unlink(pid);
    self.exit(pid, "x");
    return next(self);
  }),
  "monitor a dead process": async (self) => {
    self.monitor(await dead(self));
    return next(self);
  },
  "monitor a name that nobody has": (self) => {
    self.monitor("nobody");
    return next(self);
  },
  "monitor twice": (self) => {
    const pid = waiting(self);
    self.monitor(pid);
    self.monitor(pid);
    self.exit(pid, "x");
    return many(self, 3);
  },
  "monitor oneself": (self) => {
    self.monitor(self.pid);
    return next(self);
  },
  "demonitor after the end": async (self) => {
    const { ref } = self.spawnMonitor(() => undefined);
    await self.sleep(30);
    self.demonitor(ref);
    return next(self);
  },
  "demonitor after the end, with flush": async (self) => {
    const { ref } = self.spawnMonitor(() => undefined);
    await self.sleep(30);
    self.demonitor(ref, { flush: true });
    return next(self);
  },
  "send to a name that nobody has": (self) => attempt(() => self.send("nobody", 1)),
  "send to { name that nobody has, this node }": (self) => attempt(() => self.send({ name: "nobody", node: self.node.name }, 1)),
  "send to a dead process": async (self) => {
    const pid = await dead(self);
    return attempt(() => self.send(pid, 1));
  },
  "register a second name": (self) => {
    self.register("first");
    return attempt(() => self.register("second"));
  },
  "a name after its process": async (self) => {
    const { pid } = self.spawnMonitor(async (one) => {
      one.register("gone");
      await one.receive();
    });
    await self.sleep(1);
    self.exit(pid, "kill");
    await self.receive();
    return self.whereis("gone");
  },
  "cancel a timer to a dead process": async (self) => self.sendAfter(await dead(self), "x", 1_000).cancel(),
  "cancel a timer to a process that has died since": async (self) => {
    const pid = waiting(self);
    const timer = self.sendAfter(pid, "x", 1_000);
    self.exit(pid, "kill");
    return timer.cancel();
  },
  "a timer of a process that has died": (self) => {
    self.spawn((one) => void one.sendAfter(self.pid, "from_the_grave", 10));
    return next(self);
  },
  "a timer to a name that nobody has": async (self) => {
    self.sendAfter("nobody", "x", 1);
    await self.sleep(20);
    return "lives";
  },
  "an alias that was taken back": (self) => {
    const ref = self.alias();
    self.unalias(ref);
    self.send(ref, "late");
    return next(self);
  },
  "an alias for one reply": (self) => {
    const ref = self.alias({ once: true });
    self.send(ref, "first");
    self.send(ref, "second");
    return many(self, 2);
  },
  "link to an alias": (self) => attempt(() => self.link(self.alias() as string as Pid)),
  "monitor an alias": (self) => attempt(() => self.monitor(self.alias() as string as Pid)),
  "a message, then the exit of its sender, trapping": trapping((self) => {
    self.spawnLink((one) => {
      one.send(self.pid, "message");
      one.exit("x");
    });
    return many(self, 2);
  }),
  "messages and an exit signal in order, trapping": trapping((self) => {
    self.spawn((one) => {
      one.send(self.pid, "one");
      one.exit(self.pid, "x");
      one.send(self.pid, "two");
    });
    return many(self, 3);
  }),
  "selective receive": async (self) => {
    for (const n of [1, 2, 3]) self.send(self.pid, n);
    const two = await self.receive((message) => message === 2);
    return [two, ...((await many(self, 3)) as unknown[])];
  },
};

const text = (value: unknown): string => (Array.isArray(value) ? `[${value.map(text).join(" ")}]` : String(value));

/** What a situation comes to here. */
async function outcome(play: (self: Self) => unknown): Promise<string> {
  const time = new VirtualTime({ reporter: () => undefined });
  return time.run(async (self) => {
    let returned: unknown = "hangs";
    const { ref } = self.spawnMonitor(async (one) => {
      returned = await play(one);
    });
    const down = (await self.receive((message): message is Down => message instanceof Down && message.ref === ref)) as Down;
    return text(down.reason === "normal" && returned !== "hangs" ? returned : down.reason);
  });
}

/** What OTP says of each situation. */
function ask(): (readonly [situation: string, outcome: string])[] {
  const printed = execFileSync("elixir", ["-r", file("ask.ex"), "-e", `Code.eval_file(${JSON.stringify(file("exits.exs"))})`], { encoding: "utf8" });
  return printed
    .trim()
    .split("\n")
    .map((line) => line.split("\t") as [string, string]);
}

describe.skipIf(!hasElixir)("what OTP does", () => {
  const lines = hasElixir ? ask() : [];

  it("is asked about every situation that is played here", () => {
    expect(lines.map(([situation]) => situation)).toEqual(Object.keys(situations));
  });

  it.each(lines)("%s: %s", async (situation, expected) => {
    expect(await outcome(situations[situation] ?? (() => "not played here"))).toBe(expected);
  });
});
