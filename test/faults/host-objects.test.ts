import { createSecretKey } from "node:crypto";
import { BlockList } from "node:net";
import { describe, expect, it } from "vitest";
import { childProcess, outcomes, poolAt, thread, trouble } from "./pool.js";

/** What is more than its data, so that only threads of one process can have it in common; its name there, and what a child process says of it. */
const objects = [
  ["KeyObject", createSecretKey(Buffer.from("secret")), "SecretKeyObject", "a SecretKeyObject cannot go to another process"],
  ["Blob", new Blob(["x"]), "Blob", "a Blob cannot go to another process"],
  ["BlockList", new BlockList(), "BlockList", "a BlockList cannot go to another process"],
  ["SharedArrayBuffer", new SharedArrayBuffer(4), "SharedArrayBuffer", "a SharedArrayBuffer is shared by threads alone"],
] as const;

describe("an object of the host", () => {
  it.each(objects)("arrives in a thread, and from there: %s", async (kind, object, name) => {
    const [given, result] = await outcomes(poolAt(thread.on({})), [trouble.kindOf({ given: object }), trouble.hostObject(kind)]);
    expect(given).toBe(name);
    expect((result as { made: object }).made.constructor.name).toBe(name);
  });

  it.each(objects)(
    "R12 ends its own task in a child process, which is told what to do, and its neighbours run: %s",
    async (kind, object, _name, refusal) => {
      const pool = poolAt(childProcess.on({}));
      const refused = (path: string): object => ({
        reason: { code: "not_cloneable", path, message: expect.stringContaining(refusal) as string },
      });
      const got = await outcomes(pool, [trouble.where(), trouble.kindOf({ given: object }), trouble.hostObject(kind), trouble.where()]);
      expect(got).toMatchObject([expect.any(String), refused("args"), refused("result"), got[0]]);
      expect((got[1] as { reason: Error }).reason.message).toContain("thread");
    },
  );
});
