import { PassThrough } from "node:stream";
import { MessageChannel } from "node:worker_threads";
import { PipeWire } from "../../../src/places/subprocess/pipe-wire.js";
import { encodeFrame } from "../../../src/places/subprocess/frames.js";
import { PortWire } from "../../../src/places/thread/port-wire.js";
import { memoryWire } from "../../../src/kernel/memory-wire.js";
import type { Wire } from "../../../src/kernel/wire.js";

/** A wire whose other end is in the hands of an attacker. */
export interface Attacked {
  readonly wire: Wire;
  /** Posts anything that the wire can carry at all. */
  post(what: unknown): void;
  /** Resolves when all that was posted has arrived. */
  arrived(): Promise<void>;
  close(): void;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Arrival is seen by what arrives: the wire's own callback, seen from outside. */
function watched(wire: Wire): () => Promise<void> {
  return async () => {
    const { receive } = wire;
    let isThere = false;
    wire.receive = (batch) => {
      if ((batch as readonly unknown[] | null)?.[0] === "the last one") isThere = true;
      else receive(batch);
    };
    while (!isThere) await turn();
    wire.receive = receive;
  };
}

export const wires: readonly (readonly [name: string, make: () => Attacked])[] = [
  [
    "a memory wire",
    () => {
      const [wire, there] = memoryWire();
      const arrived = watched(wire);
      return {
        wire,
        post: (what) => there.post(what as never),
        arrived: () => {
          const all = arrived();
          there.post(["the last one"]);
          return all;
        },
        close: () => there.close(),
      };
    },
  ],
  [
    "the port of a thread",
    () => {
      const { port1, port2 } = new MessageChannel();
      const wire = new PortWire(port1);
      const arrived = watched(wire);
      return {
        wire,
        post: (what) => port2.postMessage(what),
        arrived: () => {
          const all = arrived();
          port2.postMessage(["the last one"]);
          return all;
        },
        close: () => port2.close(),
      };
    },
  ],
  [
    "the pipe of a child process",
    () => {
      const pipe = new PassThrough();
      const wire = new PipeWire(pipe, () => undefined);
      const arrived = watched(wire);
      return {
        wire,
        post: (what) => pipe.write(encodeFrame(what)),
        arrived: () => {
          const all = arrived();
          pipe.write(encodeFrame(["the last one"]));
          return all;
        },
        close: () => pipe.end(),
      };
    },
  ],
];
