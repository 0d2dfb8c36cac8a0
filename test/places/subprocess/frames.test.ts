import fc from "fast-check";
import { expect, it } from "vitest";
import { encodeFrame, frameReader } from "../../../src/places/subprocess/frames.js";

it("values that arrive in pieces of any size are put together again, in their order", () => {
  const value = fc.oneof(fc.string(), fc.array(fc.integer()), fc.uint8Array(), fc.dictionary(fc.string(), fc.double()));
  fc.assert(
    fc.property(fc.array(value), fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (values, sizes) => {
      const bytes = Buffer.concat(values.map((one) => encodeFrame(one)));
      const got: unknown[] = [];
      const push = frameReader(
        (one) => got.push(one),
        (error) => expect.fail(String(error)),
      );
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const size = sizes[turn % sizes.length] as number;
        push(bytes.subarray(at, at + size));
        at += size;
      }
      expect(got).toEqual(values);
    }),
  );
});

it("a frame that cannot be read is told of, and the next one arrives", () => {
  const got: unknown[] = [];
  const broken = encodeFrame("broken");
  broken.fill(0xff, 4);
  const push = frameReader(
    (one) => got.push(one),
    () => got.push("unreadable"),
  );
  push(Buffer.concat([broken, encodeFrame("next")]));
  expect(got).toEqual(["unreadable", "next"]);
});

it("binary data that arrives has memory of its own", () => {
  const got: Uint8Array[] = [];
  const push = frameReader(
    (one) => got.push(one as Uint8Array),
    (error) => expect.fail(String(error)),
  );
  push(Buffer.concat([encodeFrame(Uint8Array.of(1, 2)), encodeFrame(Uint8Array.of(3, 4))]));
  expect(got.map((one) => [one.buffer.byteLength, ...one])).toEqual([
    [2, 1, 2],
    [2, 3, 4],
  ]);
});
