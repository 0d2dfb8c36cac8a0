import { worker } from "workerpool";
import { run } from "./crashes.mjs";

worker({ run });
