import { connect } from "../kernel/connection.js";
import type { Pid } from "../kernel/ids.js";
import { type Ledger, LocalHost } from "../kernel/local-host.js";
import type { Node } from "../kernel/node.js";
import type { Wire } from "../kernel/wire.js";
import type { Resolver } from "../kernel/work.js";
import { SharedBoard } from "../places/board/shared-board.js";
import type { Carrier, Death } from "../places/pool/carrier.js";

/** A node of a pool that is inside this event loop, and what it is to its pool. */
export interface NodeInside {
  readonly carrier: Carrier;
  readonly board: SharedBoard;
  /** Ends it: its pool is told, the first time. */
  die(death: Death): void;
}

export interface NodeInsideOptions {
  readonly concurrency?: number | undefined;
  /** The parent of what runs there. */
  readonly supervisor?: Pid | undefined;
}

/** Puts a node at the far end of a wire, to run what references mean there. `gone` is told of its end, before its pool is. It is not up yet: `board.up()`. */
export function nodeInside(
  [home, away]: readonly [Wire, Wire],
  node: Node,
  parent: string,
  resolve: Resolver,
  gone: () => void,
  { concurrency = 1, supervisor }: NodeInsideOptions = {},
): NodeInside {
  const board = new SharedBoard();
  const post = away.post.bind(away);
  away.post = (batch, transferList) => {
    post(batch, transferList);
    board.clear();
  };
  let isGone = false;
  const now = (): number => node.clock.now();
  // Tasks begin at the time of their node, which may be virtual; and on a dead one none does.
  const ledger: Ledger = {
    claim: (id) => !isGone && board.claim(id, now()),
    record: (id, value) => !isGone && board.record(id, value),
    known: (id, number) => {
      board.known(id, number);
    },
  };
  connect(node, parent, away, new LocalHost(node, resolve, { concurrency, ledger, parent: supervisor, now }));
  let tell: (death: Death) => void = () => undefined;
  const exited = new Promise<Death>((resolveExit) => {
    tell = resolveExit;
  });
  const die = (death: Death): void => {
    if (isGone) return;
    isGone = true;
    gone();
    tell(death);
  };
  const nothing = (): void => undefined;
  const wire = Object.assign(home, {
    drain: nothing,
    unreadable: nothing,
    sayFarewell: () => {
      die({ exitCode: 0 });
    },
  });
  const terminate = (): void => {
    die({ exitCode: 1 });
  };
  return { carrier: { wire, board, exited, ref: nothing, unref: nothing, terminate, close: nothing }, board, die };
}
