import { parentPort } from "node:worker_threads";
import { touch } from "./moves.mjs";

parentPort.on("message", ({ variant, array }) => {
  parentPort.postMessage(touch(array), variant === "moved" ? [array.buffer] : undefined);
});
