import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { TaskSupervisor } from "taskward";
import { GenServer } from "taskward/behaviours";
import { VirtualTime } from "taskward/testing";
import { describe, expect, it } from "vitest";
import { quotesApp } from "../../examples/quotes/app.js";
import { type Answer, Quotes } from "../../examples/quotes/quotes.js";

const quiet = (): void => undefined;

describe("examples/quotes", () => {
  async function withApp(use: (get: <T>(path: string) => Promise<T>, time: VirtualTime) => Promise<void>): Promise<void> {
    const time = new VirtualTime({ reporter: quiet });
    const supervisor = TaskSupervisor.start({ node: time.node });
    const quotes = await time.until(GenServer.start(Quotes, [supervisor], { node: time.node }));
    const app = quotesApp(quotes);
    const get = async <T>(path: string): Promise<T> => (await app.request(path)).json() as Promise<T>;
    await use(get, time);
    await time.until(quotes.stop());
    await time.until(supervisor.stop());
  }

  it("R1 R2 R3 G1 answers within 400 ms with whatever arrived", () =>
    withApp(async (get, time) => {
      // AB comes after 47 ms, A fails after 5, Q would take 597, B comes after 42.
      const answer = await time.until(get<Answer>("/quotes/AB,A,Q,B"));
      expect(time.now).toBe(400);
      expect(answer).toEqual({
        quotes: [
          { symbol: "B", price: 66 },
          { symbol: "AB", price: 131 },
        ],
        failed: { A: "Error: A is not traded" },
        missing: ["Q"],
      });
    }));

  it("answers sooner when all is there", () =>
    withApp(async (get, time) => {
      expect((await time.until(get<Answer>("/quotes/B"))).quotes).toHaveLength(1);
      expect(time.now).toBe(42);
    }));

  it("serves others while requests wait", () =>
    withApp(async (get, time) => {
      const waiting = [get<Answer>("/quotes/AB"), get<Answer>("/quotes/Q")];
      expect(await time.until(get("/counts"))).toEqual({ answered: 0, waiting: 2 });
      await time.until(Promise.all(waiting));
      expect(await time.until(get("/counts"))).toEqual({ answered: 2, waiting: 0 });
    }));

  it("runs as an HTTP server, and comes to its end", { timeout: 60_000 }, async () => {
    const program = spawn(process.execPath, [fileURLToPath(new URL("../../examples/quotes/run.mjs", import.meta.url))], {
      env: { ...process.env, PORT: "0" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const [line] = (await once(program.stdout.setEncoding("utf8"), "data")) as [string];
      const response = await fetch(line.trim());
      expect(response.status).toBe(200);
      const { quotes, failed, missing } = (await response.json()) as Answer;
      expect(quotes.length + Object.keys(failed).length + missing.length).toBe(3);
      const over = once(program, "exit");
      program.kill("SIGTERM");
      expect(await over).toEqual([0, null]);
    } finally {
      program.kill("SIGKILL");
    }
  });
});
