import { describe, expect, it } from "vitest";
import { connect } from "../../src/kernel/connection.js";
import { LocalHost } from "../../src/kernel/local-host.js";
import { Node } from "../../src/kernel/node.js";
import { Scheduler } from "../../src/kernel/scheduler.js";
import type { Wire } from "../../src/kernel/wire.js";

/** A scheduler whose runnables throw at whoever asks, instead of at nobody. */
class Direct extends Scheduler {
  override start(runnable: { begin(): void }): void {
    runnable.begin();
  }
}

describe("a node that cannot tell of an end", () => {
  it("does not take that for a crash of the task, nor end it twice", () => {
    const reports: unknown[] = [];
    const far = new Node({ name: "far", scheduler: new Direct(), reporter: (report) => void reports.push(report) });
    let ran = 0;
    const fn = (): number => ++ran;
    const host = new LocalHost(far, () => ({ fn, takesSelf: false }), {
      ledger: { claim: () => true, record: () => false, known: () => undefined },
    });
    const wire: Wire = {
      post: () => {
        throw new Error("cut");
      },
      close: () => undefined,
      receive: () => undefined,
      lost: () => undefined,
    };
    const back = connect(far, "near", wire, host);
    expect(() => {
      host.spawn(back, 0, { module: "test:", name: "fn" }, [], undefined);
    }).toThrow("cut");
    expect([ran, far.processCount, reports]).toEqual([1, 0, []]);
  });
});
