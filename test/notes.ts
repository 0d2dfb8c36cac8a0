import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";

/** A file that tasks note something in, a line at a time: it is seen from every place, and stays when its writer does not. */
export class Notes {
  readonly #folder = mkdtempSync(join(tmpdir(), "taskward-notes-"));
  readonly path = join(this.#folder, "notes");

  lines(): string[] {
    try {
      return readFileSync(this.path, "utf8").split("\n").slice(0, -1);
    } catch {
      return [];
    }
  }

  /** Resolves when something has been noted. */
  async written(): Promise<void> {
    await expect.poll(() => this.lines(), { interval: 2, timeout: 15_000 }).not.toEqual([]);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Notes for one test. */
export function notes(): Notes {
  const all = new Notes();
  onTestFinished(() => {
    all.remove();
  });
  return all;
}
