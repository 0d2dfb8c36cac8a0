import { processPools } from "../harness/pools.mjs";
import { metrics, variantsOf } from "../harness/side-by-side.mjs";
import { ratio } from "../harness/targets.mjs";

export default {
  claim: "tasks on two child processes: how many, how soon, and how much of two cores they get",
  metrics,
  passes: { quick: 2, full: 5 },
  variants: variantsOf({ place: "processes", pools: processPools }, processPools.raw),
  targets: [
    ratio("throughput", "rate", "tinypool", { atLeast: 5 }),
    ratio("throughput", "rate", "workerpool", { atLeast: 5 }),
    ratio("throughput", "rate", "raw-batched", { atLeast: 0.4 }),
    ratio("latency", "latency", "raw", { atMost: 1.3 }),
  ],
};
