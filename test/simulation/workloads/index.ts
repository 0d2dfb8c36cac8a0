import type { Workload } from "../system.js";
import { awaits } from "./await.js";
import { dynamic } from "./dynamic.js";
import { names } from "./names.js";
import { orphans } from "./orphans.js";
import { partitions } from "./partitions.js";
import { run } from "./run.js";
import { serve } from "./serve.js";
import { talk } from "./talk.js";
import { watch } from "./watch.js";

export const workloads: Readonly<Record<string, Workload>> = { run, awaits, talk, watch, serve, names, orphans, dynamic, partitions };
