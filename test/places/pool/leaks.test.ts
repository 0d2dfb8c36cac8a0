import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const program = fileURLToPath(new URL("./fixtures/leaks.mjs", import.meta.url));

describe.each(["thread", "process"])(
  "nothing leaks: a program that has used a pool (%s) and stopped it ends by itself, and nothing was left before that",
  (place) => {
    it.each([
      "values",
      "crashes",
      "deadline",
      "late",
      "cancelled",
      "retried",
      "given up while a retry waits",
      "moved",
      "left streams",
      "owned and given up",
      "nothing",
    ])("P3 %s", async (use) => {
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, place, use], { timeout: 15_000 });
      expect({ ...(JSON.parse(stdout) as object), stderr }).toEqual({ children: [], resources: {}, processes: 0, pool: false, stderr: "" });
    });
  },
);
