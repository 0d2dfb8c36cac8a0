/**
 * The house: a floor imports only from floors below it, or from its own room. Type imports count: they are arrows too.
 *
 *   5  cli, testing
 *   4  places, observe
 *   3  tasks, context
 *   2  behaviours
 *   1  kernel
 *
 * The command may take whatever it needs.
 */
const rooms = { kernel: 1, behaviours: 2, context: 3, tasks: 3, places: 4, observe: 4, cli: 5, testing: 5 };

/** Places that know nothing of each other. What they share stands in `places/pool` and `places/board`, or in a file of `places` itself. */
const places = ["thread", "subprocess", "cluster"];

const under = (names) => `^src/(${names.join("|")})/`;

const floors = Object.entries(rooms)
  .filter(([room]) => room !== "cli")
  .map(([room, floor]) => {
    // What is shipped does not stand on the testing kit.
    const below = Object.keys(rooms).filter((other) => rooms[other] < floor && other !== "testing");
    return {
      name: `${room}-looks-down`,
      comment: `src/${room} imports from itself${below.length > 0 ? ` and from ${below.join(", ")}` : " alone"}`,
      severity: "error",
      from: { path: `^src/${room}/` },
      to: { path: "^src/", pathNot: [under([room, ...below])] },
    };
  });

const apart = places.map((place) => ({
  name: `places-${place}-stands-alone`,
  comment: `src/places/${place} imports no other place`,
  severity: "error",
  from: { path: `^src/places/${place}/` },
  to: { path: `^src/places/(?!(${place}|pool|board)/)[^/]+/` },
}));

module.exports = {
  forbidden: [
    ...floors,
    ...apart,
    {
      name: "shared-by-places-is-not-a-place",
      comment: "src/places/pool, src/places/board, and a file of src/places itself, is shared by the places, and imports none of them",
      severity: "error",
      from: { path: "^src/places/(pool/|board/|[^/]+\\.ts$)" },
      to: { path: "^src/places/(?!(pool|board)/)[^/]+/" },
    },
    {
      name: "a-board-knows-no-pool",
      comment: "what a pool and a node both see is told by signals' numbers alone",
      severity: "error",
      from: { path: "^src/places/board/" },
      to: { path: "^src/(?!(places/board|kernel)/)" },
    },
    {
      name: "core-face",
      comment: "the package's main export is the core: kernel, behaviours and tasks",
      severity: "error",
      from: { path: "^src/index\\.ts$" },
      to: { pathNot: [under(["kernel", "behaviours", "tasks"])] },
    },
    {
      name: "core-imports-nothing",
      comment: "kernel, behaviours and tasks run unchanged in any JavaScript runtime: no built-in module, no package",
      severity: "error",
      from: { path: under(["kernel", "behaviours", "tasks"]) },
      to: { pathNot: "^src/", couldNotResolve: false },
    },
    {
      name: "only-the-command-uses-packages",
      comment: "the package's dependencies are those of the command; a cluster brings NATS' client along, and nothing else does",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(cli|places/cluster)/" },
      to: { dependencyTypes: ["npm", "npm-dev", "npm-optional", "npm-peer", "npm-bundled", "npm-no-pkg", "npm-unknown"] },
    },
    {
      name: "a-cluster-uses-nats-alone",
      comment: "NATS' client is a peer dependency, which only those install who have a cluster",
      severity: "error",
      from: { path: "^src/places/cluster/" },
      to: { path: "node_modules/(?!@nats-io/)", dependencyTypesNot: ["core"] },
    },
    {
      name: "no-dev-dependency",
      comment: "what is shipped runs without devDependencies",
      severity: "error",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only", "npm-peer"] },
    },
    {
      name: "no-circle",
      comment: "modules that import each other cannot be understood one by one; types may refer to each other",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "no-unresolvable",
      comment: "an import that leads nowhere",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    detectProcessBuiltinModuleCalls: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      mainFields: ["module", "main", "types"],
    },
  },
};
