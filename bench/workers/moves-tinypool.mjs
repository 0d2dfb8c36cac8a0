import { Tinypool } from "tinypool";
import { touch } from "./moves.mjs";

export const copied = touch;
export const moved = (array) => Tinypool.move(touch(array));
