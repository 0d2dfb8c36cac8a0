import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Whether there is an OTP to compare with. Without, that is said aloud, for a test that was skipped is easily overlooked. */
export const hasElixir = spawnSync("elixir", ["--version"]).error === undefined;

if (!hasElixir) console.warn("\n!! Elixir is missing: what OTP does was NOT compared (on Debian: apt-get install elixir)\n");

/** What a script of this folder prints, given a file of such terms and how many of them it plays at a time. With one scheduler a signal has arrived when it is sent. */
export async function playedInOtp(script: string, terms: readonly string[], atOnce: number, timeout = 300_000): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "taskward-otp-"));
  try {
    const file = join(folder, "terms");
    await writeFile(file, terms.map((term) => `${term}\n`).join(""));
    const path = fileURLToPath(new URL(script, import.meta.url));
    const { stdout } = await promisify(execFile)("elixir", ["--erl", "+S 1:1", path, file, String(atOnce)], {
      maxBuffer: Infinity,
      timeout,
      killSignal: "SIGKILL",
    });
    return stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What both observed, line by line, with a mark where they differ. */
export function sideBySide(theirs: readonly string[], ours: readonly string[]): string {
  const left = ["OTP", ...theirs];
  const right = ["Taskward", ...ours];
  const width = Math.max(...left.map(({ length }) => length));
  const rows = Array.from({ length: Math.max(left.length, right.length) }, (_, n) => [left[n] ?? "", right[n] ?? ""] as const);
  return rows.map(([one, two], n) => `${n > 0 && one !== two ? "≠" : " "} ${one.padEnd(width)} │ ${two}`).join("\n");
}
