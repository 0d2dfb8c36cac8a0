import { Deserializer, Serializer, deserialize, serialize } from "node:v8";

/** Says what is not for another process better than the engine does. */
class ValueSerializer extends Serializer {
  _getSharedArrayBufferId(): number {
    throw new TypeError("a SharedArrayBuffer is shared by threads alone: send a copy to another process, or run the task in a thread");
  }

  _writeHostObject(value: object): void {
    throw unmovable(value);
  }
}

const unmovable = (value: object): TypeError => new TypeError(`a ${value.constructor.name} cannot go to another process: run the task in a thread`);

/**
 * What structured clone makes of a value, as bytes, behind `room` for whoever writes something before them. There is no moving memory to another process: what
 * is listed is copied too, and is gone from here all the same, so that a program does the same whatever its tasks run on.
 * @throws when it cannot be cloned, or moved; then nothing is gone
 */
export function toBytes(value: unknown, transferList: readonly object[], room: Uint8Array): Buffer {
  for (const item of transferList) if (!(item instanceof ArrayBuffer)) throw unmovable(item);
  const serializer = new ValueSerializer();
  serializer.writeRawBytes(room);
  serializer.writeHeader();
  serializer.writeValue(value);
  const bytes = serializer.releaseBuffer();
  if (transferList.length > 0) structuredClone(undefined, { transfer: [...transferList] as ArrayBuffer[] });
  return bytes;
}

/** @throws when the bytes are no value */
export function fromBytes(bytes: Uint8Array): unknown {
  const deserializer = new Deserializer(bytes);
  deserializer.readHeader();
  return deserializer.readValue();
}

/** What another process gets of a value. @throws when it cannot be cloned */
export const copyOf = <T>(value: T): T => deserialize(serialize(value)) as T;
