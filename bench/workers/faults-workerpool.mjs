import { worker } from "workerpool";
import { run } from "./faults.mjs";

worker({ run });
