/** What the command shows on a terminal. `script` makes one. */
import { spawn, spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { bin, task } from "./taskward.js";

const hasScript = spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux") ?? false;
if (!hasScript) console.warn("!! There is no script of util-linux: the progress line is not tested.");

/** Runs the command in a terminal of 80 columns; answers all that appeared there. */
const onTerminal = (command: string) =>
  new Promise<{ status: number | null; screen: string }>((resolve, reject) => {
    const child = spawn("script", ["--quiet", "--return", "--command", `stty rows 24 cols 80; ${command}`, "/dev/null"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let screen = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (screen += text));
    child.on("error", reject).on("close", (status) => resolve({ status, screen }));
  });

const taskward = `'${process.execPath}' '${bin}' run`;

/** What is left on the screen in the end. The progress line is erased by going up to it, erasing it, and going to its left end. */
function shown(screen: string): string[] {
  // eslint-disable-next-line no-control-regex -- terminals are told so to draw what follows at once
  const segments = screen.replace(/\x1b\[\?2026[hl]/g, "").split("\r\n");
  const lines: string[] = [];
  for (const segment of segments) {
    const parts = segment.split("\x1b[G");
    for (let ups = segment.split("\x1b[1A").length - 1; ups > 0; ups--) lines.pop();
    lines.push(parts.at(-1) ?? "");
  }
  return lines;
}

describe.skipIf(!hasScript)("on a terminal", () => {
  const inputs = `-- ${Array.from({ length: 20 }, () => "50").join(" ")}`;

  it("a line shows how far it is, the rate and the time left, and is gone in the end", async () => {
    const { status, screen } = await onTerminal(`${taskward} '${task("wait")}' --on threads:2 ${inputs} > /dev/null`);
    expect(screen).toMatch(/\d+ of 20/);
    expect(screen).toMatch(/\d+ of 20 · [\d.]+\/s · ETA [\d.]+m?s/);
    expect(shown(screen)).toEqual([expect.stringMatching(/^taskward: 20 ok, 0 failed in /), ""]);
    expect(status).toBe(0);
  });

  it("failures are counted in it", async () => {
    const { status, screen } = await onTerminal(`${taskward} '${task("failSlowly")}' --on threads:2 ${inputs} > /dev/null`);
    expect(screen).toMatch(/\d+ of 20 · \d+ failed · /);
    expect(status).toBe(1);
  });

  it("results and what tasks print stand on lines of their own", async () => {
    const { screen } = await onTerminal(`${taskward} '${task("printSlowly")}' --on here --concurrency 1 ${inputs}`);
    const lines = shown(screen);
    expect(screen).toMatch(/\d+ of 20/);
    expect(lines.filter((line) => line === "slowly")).toHaveLength(20);
    expect(lines.filter((line) => line.startsWith('{"index":') && line.endsWith("}"))).toHaveLength(20);
    expect(lines).toHaveLength(42);
  });

  it("elsewhere there is no line", async () => {
    const { screen } = await onTerminal(`${taskward} '${task("wait")}' --on threads:2 ${inputs} 2>&1 | cat`);
    expect(screen).not.toMatch(/\d+ of 20/);
  });
});
