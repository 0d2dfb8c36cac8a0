import { threadPools } from "../harness/pools.mjs";
import { metrics, variantsOf } from "../harness/side-by-side.mjs";
import { ratio } from "../harness/targets.mjs";

export default {
  claim: "tasks on two worker threads: how many, how soon, and how much of two cores they get",
  metrics,
  passes: { quick: 2, full: 5 },
  variants: variantsOf({ place: "threads", pools: threadPools }, threadPools.raw),
  targets: [
    ratio("throughput", "rate", "piscina", { atLeast: 8 }),
    ratio("throughput", "rate", "tinypool", { atLeast: 8 }),
    ratio("throughput", "rate", "raw-batched", { atLeast: 0.7 }),
    ratio("latency", "latency", "raw", { atMost: 1.2 }),
    ratio("cpu", "rate", "raw", { atLeast: 0.97 }),
  ],
};
