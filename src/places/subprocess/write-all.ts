import { writeSync } from "node:fs";

const never = new Int32Array(new SharedArrayBuffer(4));

/** Waits until all of it is out. Answers false when nobody is there to read it. */
export function writeAll(fd: number, bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      // A task may have made what it found here one that does not block.
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return false;
      Atomics.wait(never, 0, 0, 1);
    }
  }
  return true;
}
