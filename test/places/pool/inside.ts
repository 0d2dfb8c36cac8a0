import { connect } from "../../../src/kernel/connection.js";
import { type Ledger, LocalHost } from "../../../src/kernel/local-host.js";
import type { Pid } from "../../../src/kernel/ids.js";
import type { Node } from "../../../src/kernel/node.js";
import type { FunctionRef, Wire } from "../../../src/kernel/wire.js";
import type { Resolver } from "../../../src/kernel/work.js";
import { SharedBoard } from "../../../src/places/board/shared-board.js";
import type { Carrier, Death } from "../../../src/places/pool/carrier.js";

/** A node of a pool that is inside this event loop, and what it is to its pool. */
export interface Inside {
  readonly carrier: Carrier;
  readonly board: SharedBoard;
  /** Ends it: its pool is told, the first time. */
  die(death: Death): void;
}

/** Has one function do what all references mean. */
export const running =
  (run: (ref: FunctionRef, ...args: never[]) => unknown): Resolver =>
  (ref) => ({ fn: (...args: never[]) => run(ref, ...args), takesSelf: false });

/** Puts a node at the far end of a wire, to run what references mean there. `gone` is told of its end, before its pool is. It is not up yet: `board.up()`. */
export function inside(
  [home, away]: readonly [Wire, Wire],
  node: Node,
  parent: string,
  resolve: Resolver,
  gone: () => void,
  { concurrency = 1, supervisor }: { readonly concurrency?: number | undefined; readonly supervisor?: Pid } = {},
): Inside {
  const board = new SharedBoard();
  const post = away.post.bind(away);
  away.post = (batch, transferList) => {
    post(batch, transferList);
    board.clear();
  };
  // Tasks begin at the time of their node, which may be virtual.
  const ledger: Ledger = {
    claim: (id) => board.claim(id, node.clock.now()),
    record: (id, value) => board.record(id, value),
    known: (id, number) => {
      board.known(id, number);
    },
  };
  connect(node, parent, away, new LocalHost(node, resolve, { concurrency, ledger, parent: supervisor }));
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
