import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Tests that check types alone. `npm run typecheck` checks everything else, so an error elsewhere is not a failed test here.
    typecheck: { enabled: true, include: ["test/**/*.test-d.ts"], ignoreSourceErrors: true },
    // A process for each file: a test may crash, or hang, its own event loop only.
    pool: "forks",
    // Two even on two cores: many tests wait for threads and programs that they have started.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 20_000,
    hookTimeout: 20_000,
    coverage: {
      provider: "v8",
      // The tests run what is built; the source maps lead back to src.
      include: ["src/**/*.ts", "dist/**/*.js"],
      reporter: ["text-summary", "html", "json-summary"],
      reportOnFailure: true,
    },
  },
});
