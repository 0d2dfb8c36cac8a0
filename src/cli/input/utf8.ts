import { isUtf8 } from "node:buffer";

export type Decoded = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly at: number };

/** Bytes as text, or the position of the first byte that is no UTF-8. Nothing is replaced by U+FFFD on the quiet. */
export function decodeUtf8(bytes: Buffer): Decoded {
  if (isUtf8(bytes)) return { ok: true, text: bytes.toString("utf8") };
  return { ok: false, at: firstInvalidByte(bytes) };
}

/** The position where a UTF-8 sequence begins that is broken, cut short, overlong, a surrogate or beyond U+10FFFF; -1 when there is none. */
export function firstInvalidByte(bytes: Uint8Array): number {
  let position = 0;
  while (position < bytes.length) {
    const length = sequenceLength(bytes, position);
    if (length === 0) return position;
    position += length;
  }
  return -1;
}

/** How many bytes the sequence at this position has, 0 when it is not valid. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return 1;
  const second = bytes[at + 1] ?? 0;
  if (lead >= 0xc2 && lead <= 0xdf) return isContinuation(second) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    // Below 0xa0 after 0xe0 is overlong; from 0xa0 after 0xed is a surrogate.
    const fits = lead === 0xe0 ? second >= 0xa0 && second <= 0xbf : lead === 0xed ? second >= 0x80 && second <= 0x9f : isContinuation(second);
    return fits && isContinuation(bytes[at + 2] ?? 0) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    // Below 0x90 after 0xf0 is overlong; from 0x90 after 0xf4 is beyond U+10FFFF.
    const fits = lead === 0xf0 ? second >= 0x90 && second <= 0xbf : lead === 0xf4 ? second >= 0x80 && second <= 0x8f : isContinuation(second);
    return fits && isContinuation(bytes[at + 2] ?? 0) && isContinuation(bytes[at + 3] ?? 0) ? 4 : 0;
  }
  return 0;
}

const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80;
