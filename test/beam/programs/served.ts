import { type Deferred, GenServer } from "taskward/behaviours";
import type { Request } from "./program.js";
import type { World } from "./world.js";

/** The server that programs start: what each request does to it is the request's name. */
export class Served extends GenServer {
  #waiting: Deferred<number>[] = [];

  override init(world: World, id: string): void {
    world.born(id, this.self.pid);
  }
  reply(value: number) {
    return value;
  }
  later(): Deferred<number> {
    const later = this.defer<number>();
    if (this.isCall) this.#waiting.push(later);
    return later;
  }
  raise(message: string): never {
    throw new Error(message);
  }
  exit(reason: string): void {
    this.self.exit(reason);
  }
  quit(reason: string) {
    this.stop(reason);
    return this.defer<number>();
  }
  settle(value: number) {
    const waiting = this.#waiting.splice(0);
    for (const one of waiting) one.reply(value);
    return waiting.length;
  }
  get isCall(): boolean {
    return this.caller !== undefined;
  }
}

type Face = Record<"reply" | "later" | "raise" | "exit" | "quit" | "settle", (...args: never[]) => unknown>;

/** Asks a server by one of its faces, call or cast. */
export const ask = (face: unknown, [kind, ...args]: Request): unknown => (face as Face)[kind === "stop" ? "quit" : kind](...(args as never[]));
