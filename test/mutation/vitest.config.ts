import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(`../../src/${path}`, import.meta.url));

/** The tests that run in one event loop, against the sources: what mutation testing plays again and again. */
export default defineConfig({
  resolve: {
    alias: [
      { find: /^taskward$/, replacement: source("index.ts") },
      { find: /^taskward\/behaviours$/, replacement: source("behaviours/index.ts") },
      { find: /^taskward\/testing$/, replacement: source("testing/index.ts") },
      { find: /^taskward\/servers$/, replacement: source("tasks/servers.ts") },
      { find: /^taskward\/stream$/, replacement: source("tasks/stream.ts") },
      { find: /^taskward\/context$/, replacement: source("context/index.ts") },
      { find: /^taskward\/threads$/, replacement: source("places/thread/index.ts") },
      { find: /^taskward\/cluster$/, replacement: source("places/cluster/index.ts") },
      { find: /^taskward\/processes$/, replacement: source("places/subprocess/index.ts") },
    ],
  },
  test: {
    include: [
      "test/kernel/**/*.test.ts",
      "test/tasks/**/*.test.ts",
      "test/behaviours/**/*.test.ts",
      "test/testing/**/*.test.ts",
      "test/context/**/*.test.ts",
      "test/places/pool/{meter,queueing,size,starting}.test.ts",
    ],
    exclude: [
      "**/docs.test.ts",
      "**/*-elsewhere.test.ts",
      "test/kernel/storm.test.ts",
      "test/kernel/nothing-leaks.test.ts",
      "test/behaviours/application.test.ts",
      "test/tasks/nothing-leaks.test.ts",
      "test/tasks/loading.test.ts",
    ],
    pool: "threads",
    maxWorkers: 1,
    // One import of the sources for a mutant, not one for each file of tests.
    isolate: false,
    setupFiles: ["test/mutation/skip-slow.ts", "test/mutation/inside.ts"],
    env: { FUZZ: "15" },
    testTimeout: 20_000,
  },
});
