import { decodeReason } from "../kernel/encode-reason.js";
import { describeReason, describeValue } from "../kernel/errors.js";
import { type Batch, Op } from "../kernel/wire.js";

const reasonAt = (batch: Batch, at: number): string => describeReason(decodeReason(batch[at]));

/** A signal as it is on a wire, in one line. Where it goes to is a pid, an alias, a name's address, or the number of a spawn. */
export function describeSignal(batch: Batch, at: number): string {
  const op = batch[at] as Op;
  const to = String(batch[at + 1]);
  const from = String(batch[at + 2]);
  switch (op) {
    case Op.message:
      return `message ${describeValue(batch[at + 2])} to ${to}`;
    case Op.exit:
      return `exit ${reasonAt(batch, at + 3)} from ${from} to ${to}`;
    case Op.down:
      return `down ${reasonAt(batch, at + 3)} to ${to}`;
    case Op.failed:
      return `failed ${reasonAt(batch, at + 2)} to ${to}`;
    case Op.nodeDown:
      return `nodeDown ${reasonAt(batch, at + 2)} of ${to}`;
    case Op.spawn:
      return `spawn ${to}`;
    case Op.done:
      return `done ${describeValue(batch[at + 2])} to ${to}`;
    case Op.demonitor:
      return `demonitor to ${to}`;
    default:
      return `${Op[op]} from ${from} to ${to}`;
  }
}
