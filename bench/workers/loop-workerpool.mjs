import { worker } from "workerpool";
import { loop, trivial } from "./loop.mjs";

worker({ loop, trivial });
