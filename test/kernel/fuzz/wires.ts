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
  /** What is no batch is something else that it carries. */
  readonly hasAsides: boolean;
  /** Posts anything that the wire can carry at all. */
  post(what: unknown): void;
  /** Resolves when all that was posted has arrived. */
  arrived(): Promise<void>;
  close(): void;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** With what is posted at the other end; that all of it has arrived is seen when the last one does. */
function attacked(wire: Wire, post: (what: unknown) => void, close: () => void, hasAsides: boolean): Attacked {
  const arrived = async (): Promise<void> => {
    const { receive } = wire;
    let isThere = false;
    wire.receive = (batch) => {
      if ((batch as readonly unknown[] | null)?.[0] === "the last one") isThere = true;
      else receive(batch);
    };
    post(["the last one"]);
    while (!isThere) await turn();
    wire.receive = receive;
  };
  const gone = (): void => {
    close();
    // Where a thread or a child process ends, its place says so; a memory wire has done so by itself.
    wire.lost("noconnection");
  };
  return { wire, hasAsides, post, arrived, close: gone };
}

export const wires: readonly (readonly [name: string, make: () => Attacked])[] = [
  [
    "a memory wire",
    () => {
      const [wire, there] = memoryWire();
      return attacked(
        wire,
        (what) => there.post(what as never),
        () => there.close(),
        false,
      );
    },
  ],
  [
    "the port of a thread",
    () => {
      const { port1, port2 } = new MessageChannel();
      return attacked(
        new PortWire(port1),
        (what) => port2.postMessage(what),
        () => port2.close(),
        true,
      );
    },
  ],
  [
    "the pipe of a child process",
    () => {
      const pipe = new PassThrough();
      return attacked(
        new PipeWire(pipe, () => undefined),
        (what) => pipe.write(encodeFrame(what)),
        () => pipe.end(),
        true,
      );
    },
  ],
];
