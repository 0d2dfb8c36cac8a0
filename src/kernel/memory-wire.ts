import { cloneMoving } from "./clone.js";
import { defer } from "./scheduler.js";
import type { Batch, Wire } from "./wire.js";

class MemoryWire implements Wire {
  declare other: MemoryWire | undefined;
  receive: (batch: Batch) => void = () => {};
  lost: (reason: unknown) => void = () => {};

  post(batch: Batch, transferList: readonly object[] = []): void {
    const copy = cloneMoving(batch, transferList);
    const other = this.other;
    if (other !== undefined) defer(() => other.receive(copy));
  }

  close(): void {
    const other = this.other;
    if (other === undefined) return;
    this.other = undefined;
    other.other = undefined;
    defer(() => other.lost("noconnection"));
  }
}

/** Two ends of a wire within one event loop. Values are cloned as on any other wire. */
export function memoryWire(): [Wire, Wire] {
  const a = new MemoryWire();
  const b = new MemoryWire();
  a.other = b;
  b.other = a;
  return [a, b];
}
