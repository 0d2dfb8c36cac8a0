import { connect } from "../../../src/kernel/connection.js";
import { LocalHost } from "../../../src/kernel/local-host.js";
import type { Node } from "../../../src/kernel/node.js";
import type { FunctionRef, Wire } from "../../../src/kernel/wire.js";
import { SharedBoard } from "../../../src/places/board/shared-board.js";
import type { Carrier, Death } from "../../../src/places/pool/carrier.js";

/** A node of a pool that is inside this event loop, and what it is to its pool. */
export interface Inside {
  readonly carrier: Carrier;
  readonly board: SharedBoard;
  /** Ends it: its pool is told, the first time. */
  die(death: Death): void;
}

/** Puts a node at the far end of a wire, to run what `run` does. `gone` is told of its end, before its pool is. It is not up yet: `board.up()`. */
export function inside(
  [home, away]: readonly [Wire, Wire],
  node: Node,
  parent: string,
  run: (ref: FunctionRef, ...args: never[]) => unknown,
  gone: () => void,
  concurrency = 1,
): Inside {
  const board = new SharedBoard();
  const post = away.post.bind(away);
  away.post = (batch, transferList) => {
    post(batch, transferList);
    board.clear();
  };
  const resolve = (ref: FunctionRef) => ({ fn: (...args: never[]) => run(ref, ...args), takesSelf: false });
  connect(node, parent, away, new LocalHost(node, resolve, { concurrency, ledger: board }));
  let isGone = false;
  let die: (death: Death) => void = () => undefined;
  const exited = new Promise<Death>((resolveExit) => {
    die = (death) => {
      if (isGone) return;
      isGone = true;
      gone();
      resolveExit(death);
    };
  });
  const nothing = (): void => undefined;
  const wire = Object.assign(home, { drain: nothing, unreadable: nothing, sayFarewell: () => die({ exitCode: 0 }) });
  return { carrier: { wire, board, exited, ref: nothing, unref: nothing, terminate: () => die({ exitCode: 1 }), close: nothing }, board, die };
}
