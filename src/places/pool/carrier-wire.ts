import type { Batch, Wire } from "../../kernel/wire.js";

const nothing = (): void => undefined;

/** A wire between a pool and one of its nodes, at either end: batches, what travels beside them, and a farewell, which is a batch of nothing. */
export abstract class CarrierWire<Heard = unknown, Said = unknown> implements Wire {
  receive: (batch: Batch) => void = nothing;
  lost: (reason: unknown) => void = nothing;
  /** Something that is no batch. */
  aside: (aside: Heard) => void = nothing;
  /** The other side wants nothing more. */
  farewell: () => void = nothing;
  /** A batch has left. */
  posted: () => void = nothing;
  /** A batch has arrived that cannot be read, nested more deeply than this side's stack allows, say: whom it was for is not known. */
  unreadable: (error: unknown) => void = nothing;

  abstract post(batch: Batch, transferList?: readonly object[]): void;
  abstract say(aside: Said): void;
  abstract close(): void;

  afterTurn(callback: () => void): void {
    process.nextTick(callback);
  }

  /** Tells the other side that it has nothing to wait for: it ends when what it has begun is over. */
  sayFarewell(): void {
    this.post([]);
  }

  /** Takes what has arrived, without waiting for its event; nothing to do where nothing can be left when the other side is gone. */
  drain(): void {}

  /** Hands on what has arrived. */
  protected take(message: Batch | Heard): void {
    if (!Array.isArray(message)) this.aside(message as Heard);
    else if (message.length === 0) this.farewell();
    else this.receive(message as Batch);
  }
}
