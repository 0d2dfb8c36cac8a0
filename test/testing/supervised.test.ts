import { createServer } from "node:net";
import { type CrashReport, Deadlock, type Self, TaskSupervisor, defaultNode } from "taskward";
import { type NotClean, supervised } from "taskward/testing";
import { describe, expect, it } from "vitest";

/** What a fixture has to say of a test. */
const complaint = async (test: () => Promise<void>): Promise<NotClean> => {
  const error: unknown = await test().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: "NotClean", code: "not_clean" });
  return error as NotClean;
};

const kinds = ({ findings }: NotClean): string[] => findings.map(({ kind }) => kind);

describe("a test that leaves nothing behind", () => {
  it(
    "passes, with a process of its own on a node in virtual time",
    supervised(async ({ self, node, time }) => {
      expect(self.pid).toBe("<main.1>");
      expect(self.node).toBe(node);
      const { ref } = self.spawnMonitor((child) => child.sleep(60_000));
      expect(await self.receive()).toMatchObject({ ref, reason: "normal" });
      expect(time.now).toBe(60_000);
    }),
  );

  it(
    "passes when what it started is linked to it: that goes along when it is over",
    supervised(({ self }) => {
      self.spawnLink((child) => child.receive());
    }),
  );

  it(
    "waits for what is linked to it and takes its time to stop",
    supervised(({ self }) => {
      self.spawnLink(async (child) => {
        child.trapExit = true;
        await child.receive();
        await child.sleep(4_000);
      });
      return self.sleep(1);
    }),
  );

  it(
    "has the node that serves whoever names none",
    supervised(async ({ node }) => {
      expect(defaultNode()).toBe(node);
      await using supervisor = TaskSupervisor.start();
      expect(supervisor.pid).toMatch(/^<main\./);
    }),
  );

  it("gives that back", async () => {
    const before = defaultNode();
    await supervised(() => undefined)();
    await supervised(() => Promise.reject(new Error("x")))().catch(() => undefined);
    expect(defaultNode()).toBe(before);
  });
});

describe("a test that fails", () => {
  it("fails with what it threw, whatever it leaves behind", async () => {
    const error = new RangeError("mine");
    const test = supervised(({ node }) => {
      node.spawn((self) => self.receive());
      throw error;
    });
    await expect(test()).rejects.toBe(error);
    expect(error.message).toBe("mine");
  });

  it("says the seed", async () => {
    const error = new RangeError("mine");
    await expect(supervised({ seed: 7 }, () => Promise.reject(error))()).rejects.toBe(error);
    expect(error.message).toBe("mine\nseed: 7 (the same run again with { seed: 7 })");
    expect(error.stack).toContain("seed: 7");
  });

  it("says what crashed, for that may be why", async () => {
    const test = supervised(async ({ self, node }) => {
      node.spawn(function server() {
        throw new Error("out of order");
      });
      await self.receive();
    });
    await expect(test()).rejects.toThrow(Deadlock);
    await expect(test()).rejects.toThrow(/Nobody was told of:\nprocess <main\.2> crashed: Error: out of order\n {2}runs: server/);
  });

  it("when its own process is taken along by what it is linked to", async () => {
    const error = new Error("by link");
    const test = supervised(async ({ self }) => {
      self.spawnLink(() => Promise.reject(error));
      await self.receive();
    });
    await expect(test()).rejects.toBe(error);
    const killed = supervised(({ self }) => self.exit(self.pid, "kill"));
    await expect(killed()).rejects.toMatchObject({ code: "exited", reason: "killed" });
  });

  it("at the seed at which it does, of many", async () => {
    const seen: (number | undefined)[] = [];
    const test = supervised({ seed: 3, seeds: 5 }, ({ seed }) => {
      seen.push(seed);
      if (seed === 5) throw new Error("here");
    });
    await expect(test()).rejects.toThrow("here\nseed: 5");
    expect(seen).toEqual([3, 4, 5]);
  });
});

describe("what is found", () => {
  it("a process: who, what it runs, how it stands, who started it, when, where", async () => {
    const error = await complaint(
      supervised(async ({ self }) => {
        await self.sleep(20);
        const pid = self.spawn(
          async function forgotten(child: Self) {
            child.register("somebody");
            await child.receive((message) => message === "never");
          },
          { label: "the one" },
        );
        await self.sleep(1);
        self.send(pid, "other");
      }),
    );
    expect(kinds(error)).toEqual(["process"]);
    expect(error.findings[0]?.text).toMatch(
      /^<main\.2> \(the one, registered as "somebody"\) runs forgotten, waiting, with 1 message in its mailbox; started by <main\.1> after 20 ms, begun at .*supervised\.test\.ts:\d+:\d+$/,
    );
    expect(error.message).toBe(`when the test was over:\n- process: ${error.findings[0]?.text}`);
  });

  it("a linked one, too, that does not stop in time, or is not asked to", async () => {
    const stubborn = async (child: Self): Promise<void> => {
      child.trapExit = true;
      for (;;) await child.receive();
    };
    expect(
      kinds(
        await complaint(
          supervised(({ self }) => {
            self.spawnLink(stubborn);
            return self.sleep(1);
          }),
        ),
      ),
    ).toEqual(["process"]);
    expect(kinds(await complaint(supervised({ exit: "normal" }, ({ self }) => void self.spawnLink((child) => child.receive()))))).toEqual([
      "process",
    ]);
  });

  it("a timer: when it is due, and where it was set", async () => {
    const error = await complaint(supervised(({ self }) => void self.sendAfter("nobody", "x", 90_000)));
    expect(kinds(error)).toEqual(["timer"]);
    expect(error.findings[0]?.text).toMatch(/^on main, due in 90000 ms, set at .*supervised\.test\.ts:\d+:\d+$/);
  });

  it("an address that leads to nobody", async () => {
    const error = await complaint(supervised(({ node }) => void node.table.set(node.ref(), { deliver: () => undefined })));
    expect(error.findings).toEqual([{ kind: "address", text: "<main#1> leads to nobody" }]);
  });

  it("a straggler", async () => {
    const error = await complaint(
      supervised(async ({ self }) => {
        const pid = self.spawn(function hangs() {
          return new Promise(() => {});
        });
        await self.sleep(1);
        self.exit(pid, "kill");
      }),
    );
    expect(error.findings).toEqual([{ kind: "straggler", text: "<main.2>, which runs hangs, was ended, and its function has not returned" }]);
  });

  it("a handle that holds the event loop", async () => {
    let timer: NodeJS.Timeout | undefined;
    const error = await complaint(
      supervised(() => {
        timer = setInterval(() => {}, 60_000);
      }),
    );
    clearInterval(timer);
    expect(kinds(error)).toEqual(["handle"]);
    expect(error.findings[0]?.text).toMatch(/^Timeout, opened at .*supervised\.test\.ts:\d+:\d+, holds the event loop$/);
  });

  it("a handle that was opened around a scene, and none that was closed again or does not hold the loop", async () => {
    const scene = supervised();
    clearTimeout(setTimeout(() => {}, 60_000));
    setTimeout(() => {}, 60_000).unref();
    const server = createServer().listen(0);
    await expect(scene[Symbol.asyncDispose]()).rejects.toMatchObject({
      findings: [{ kind: "handle", text: expect.stringMatching(/^TCPSERVERWRAP/) }],
    });
    server.close();
    const fine = supervised();
    createServer().listen(0).close();
    await fine[Symbol.asyncDispose]();
  });

  it("all of it together", async () => {
    const error = await complaint(
      supervised(({ self, node }) => {
        self.spawn((child) => child.receive());
        self.sendAfter("nobody", "x", 1);
        node.spawn(() => Promise.reject(new Error("boom")));
      }),
    );
    expect(kinds(error)).toEqual(["process", "timer", "crash"]);
  });

  it("and is gone then: one test's leak is not the next one's", async () => {
    const seen: string[] = [];
    let signal: AbortSignal | undefined;
    await complaint(
      supervised(({ self }) => {
        self.spawn(async (child) => {
          signal = child.signal;
          try {
            await child.receive();
          } finally {
            seen.push("finally");
          }
        });
        return self.sleep(1);
      }),
    );
    expect(signal?.aborted).toBe(true);
    expect(seen).toEqual(["finally"]);
  });
});

describe("crashes", () => {
  const crash = (text: string) => (): Promise<never> => Promise.reject(new Error(text));

  it("that nobody was told of, and nobody expects, fail the test, with the report and the cause", async () => {
    const error = await complaint(supervised(({ node }) => void node.spawn(crash("boom"), { label: "bomb" })));
    expect(kinds(error)).toEqual(["crash"]);
    expect(error.message).toContain("process <main.2> (bomb) crashed: Error: boom");
    expect(error.cause).toMatchObject({ message: "boom" });
  });

  it(
    "that somebody was told of do not",
    supervised(async ({ self, reports }) => {
      self.spawnMonitor(crash("told"));
      await self.receive();
      expect(reports).toEqual([]);
    }),
  );

  it(
    "that are expected do not, said before or after, by a part of the report, a RegExp or a function",
    supervised(async (scene) => {
      const { self, node } = scene;
      scene.expectCrash("Error: one");
      for (const name of ["one", "two", "three", "four", "four"]) node.spawn(crash(name));
      await self.sleep(1);
      scene.expectCrash(/crashed: Error: two$/m);
      scene.expectCrash(({ reason }: CrashReport) => (reason as Error).message === "three");
      scene.expectCrash("four", { times: 2 });
      scene.expectCrash("any number", { times: Number.POSITIVE_INFINITY });
      expect(scene.reports.map(({ reason }) => (reason as Error).message)).toEqual(["one", "two", "three", "four", "four"]);
    }),
  );

  it("that are expected must come, as many as were said", async () => {
    const missing = await complaint(supervised((scene) => scene.expectCrash(/never/)));
    expect(missing.findings).toEqual([{ kind: "missing_crash", text: "1 expected that matches /never/, 0 came" }]);
    const once = await complaint(
      supervised((scene) => {
        scene.expectCrash("twice");
        for (let n = 0; n < 2; n++) scene.node.spawn(crash("twice"));
      }),
    );
    expect(kinds(once)).toEqual(["crash"]);
  });
});

describe("around a test", () => {
  it("the scene's process is there at once, and time passes where the test lets it", async () => {
    await using scene = supervised();
    const { self, time } = scene;
    self.spawnLink(async (child) => {
      await child.sleep(1_000);
      child.send(self.pid, "done");
      await child.receive();
    });
    expect(await scene.until(self.receive())).toBe("done");
    await scene.advance(500);
    expect(time.now).toBe(1_500);
  });

  it("what is left is found when the scene is disposed of", async () => {
    const scene = supervised();
    scene.self.spawn((child) => child.receive());
    await expect(scene[Symbol.asyncDispose]()).rejects.toMatchObject({ code: "not_clean", findings: [{ kind: "process" }] });
  });

  it("it fails when its own process is ended meanwhile", async () => {
    const scene = supervised();
    scene.self.exit(scene.self.pid, "kill");
    await expect(scene[Symbol.asyncDispose]()).rejects.toMatchObject({ code: "exited", reason: "killed" });
  });
});

describe("real time", () => {
  it(
    "passes by itself",
    supervised({ virtual: false }, async (scene) => {
      const { self } = scene;
      self.spawnLink(async (child) => {
        child.trapExit = true;
        await child.receive();
        await child.sleep(5);
      });
      self.sendAfter(self.pid, "later", 2);
      expect(await scene.until(self.receive())).toBe("later");
      await scene.advance(2);
      expect(() => scene.time).toThrow(/virtual: false/);
    }),
  );

  it("leaks are found there, too, and cleared", async () => {
    const error = await complaint(
      supervised({ virtual: false }, ({ self }) => {
        self.spawn((child) => child.sleep(60_000));
        self.sendAfter("nobody", "x", 60_000);
        return self.sleep(1);
      }),
    );
    expect(kinds(error)).toEqual(["process", "timer", "timer"]);
    await supervised(() => undefined)();
  });
});

describe("bad input", () => {
  it("is refused before anything runs", () => {
    const play = (): void => undefined;
    for (const [option, value] of [
      ["virtual", "yes"],
      ["seed", Number.NaN],
      ["seed", "7"],
      ["freeze", 1],
      ["grace", -1],
      ["grace", Number.POSITIVE_INFINITY],
      ["standIn", null],
      ["handles", "no"],
      ["seeds", 0],
      ["seeds", Number.POSITIVE_INFINITY],
      ["sede", 1],
    ] as const) {
      expect(() => supervised({ [option]: value }, play)).toThrow(expect.objectContaining({ code: "invalid_option" }));
      expect(() => supervised({ [option]: value })).toThrow(expect.objectContaining({ code: "invalid_option" }));
    }
    expect(() => supervised({}, 7 as never)).toThrow(/supervised\(play\): play is 7/);
    expect(() => supervised({ name: "a b" })).toThrow(/node name/);
  });

  it("two at a time cannot both stand in for the default node", async () => {
    await using _one = supervised();
    expect(() => supervised()).toThrow(/standIn: false/);
    await using _two = supervised({ standIn: false });
  });

  it("an expected crash wants a match", () =>
    supervised((scene) => {
      expect(() => scene.expectCrash(7 as never)).toThrow(/expectCrash\(match\): match is 7/);
      expect(() => scene.expectCrash("x", { times: 0 })).toThrow(/times is 0/);
    })());
});
