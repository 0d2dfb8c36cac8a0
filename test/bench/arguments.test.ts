import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const cases = readdirSync(new URL("../../bench/cases", import.meta.url))
  .map((file) => file.replace(/\.mjs$/, ""))
  .sort();

/** None of these may install, build or measure anything: they answer at once. */
function bench(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ["bench/run.mjs", ...args], { cwd: root, encoding: "utf8", timeout: 15_000 });
}

it("the bench lists its cases", () => {
  expect(bench("--list")).toMatchObject({ status: 0, stdout: `${cases.join("\n")}\n`, stderr: "" });
});

it("an unknown case is refused, with those that there are", () => {
  const { status, stdout, stderr } = bench("fanout", "fan-out", "--quick");
  expect({ status, stdout, stderr }).toEqual({
    status: 2,
    stdout: "",
    stderr: `no such case: fan-out. The cases are ${cases.join(", ")}.\n`,
  });
});

it("an unknown option is refused, with those that there are", () => {
  const { status, stdout, stderr } = bench("--fast");
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain("--fast");
  expect(stderr).toContain("--quick");
});

it("the bench helps", () => {
  const { status, stdout, stderr } = bench("--help");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toMatch(/--quick.*--json.*--list/s);
});
