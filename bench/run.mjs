/** `npm run bench`: installs the peers and builds Taskward where that has not been done, then runs the cases. */
import { parse } from "./harness/arguments.mjs";
import { prepare } from "./harness/prepare.mjs";

const options = parse(process.argv.slice(2));
prepare();
const { runCases } = await import("./harness/run-cases.mjs");
process.exitCode = await runCases(options);
