import { type Call, type Pid, type References, type Self, registerErrorClass, transfer } from "taskward";
import { describe, expectTypeOf, it } from "vitest";

interface Image {
  readonly bytes: Uint8Array;
  readonly name: string;
}

declare const tasks: References<{ resize: (image: Image, width: number) => Promise<Uint8Array> }>;
declare const self: Self;
declare const pid: Pid<Image>;
declare const image: Image;

describe("types of transfer", () => {
  it("the value keeps its type, so that references and messages take it", () => {
    expectTypeOf(transfer(image, [image.bytes.buffer])).toEqualTypeOf<Image>();
    expectTypeOf(transfer(image.bytes)).toEqualTypeOf<Uint8Array>();
    expectTypeOf(tasks.resize(transfer(image, [image.bytes.buffer]), 100)).toEqualTypeOf<Call<Uint8Array>>();
    self.send(pid, transfer(image, [image.bytes.buffer]));
    // @ts-expect-error a typed array is no image
    tasks.resize(transfer(image.bytes), 100);
    // @ts-expect-error and no message to this process
    self.send(pid, transfer(image.bytes));
  });

  it("takes lists of anything but plain values, and marks no plain value", () => {
    transfer({ a: 1 }, [new ArrayBuffer(1), new MessageChannel().port1] as const);
    // @ts-expect-error there is nothing to move in a number
    transfer(5);
    // @ts-expect-error nor in a list of numbers
    transfer(image, [5]);
    // @ts-expect-error a list is an array
    transfer(image, image.bytes.buffer);
  });

  it("registerErrorClass takes classes of errors, whatever their constructors take", () => {
    class Refused extends Error {
      constructor(readonly by: { readonly name: string }) {
        super(by.name);
      }
    }
    registerErrorClass(Refused);
    registerErrorClass(Refused, "app.Refused");
    // @ts-expect-error an error is no class
    registerErrorClass(new Error("x"));
    // @ts-expect-error a class of something else
    registerErrorClass(Map);
  });
});
