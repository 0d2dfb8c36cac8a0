import { worker } from "workerpool";
import { cpu, trivial } from "./tasks.mjs";

worker({ trivial, cpu });
