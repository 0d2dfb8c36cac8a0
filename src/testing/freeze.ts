import { isObject } from "../kernel/attempt.js";

/** What has been frozen with everything in it. */
const frozen = new WeakSet<object>();

/**
 * Freezes plain objects and arrays, with all plain objects and arrays in them: whoever changes one from then on gets a TypeError at the place of
 * the change. Everything else is left as it is, and not looked into: a Map, a Set or a typed array cannot be frozen, and an instance of a class may
 * have a state of its own that it must change.
 *
 * @returns the value itself
 * @example
 * const order = freezeDeep({ items: [{ price: 1 }] });
 * order.items[0].price = 2; // TypeError: Cannot assign to read only property 'price'
 */
export function freezeDeep<T>(value: T): T {
  if (!isFreezable(value) || frozen.has(value)) return value;
  const open: object[] = [value];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (frozen.has(one)) continue;
    frozen.add(one);
    try {
      // By their descriptors: a getter is not to run because a test looks on.
      for (const { value: part } of Object.values<PropertyDescriptor>(Object.getOwnPropertyDescriptors(one))) if (isFreezable(part)) open.push(part);
      Object.freeze(one);
    } catch {
      // a proxy that does not want to
    }
  }
  return value;
}

function isFreezable(value: unknown): value is object {
  if (!isObject(value)) return false;
  if (Array.isArray(value)) return true;
  try {
    const prototype: unknown = Object.getPrototypeOf(value);
    return prototype === null || prototype === Object.prototype || isForeignObject(prototype);
  } catch {
    return false;
  }
}

/** The `Object.prototype` of another realm, as test runners make them. */
const isForeignObject = (prototype: unknown): boolean =>
  isObject(prototype) &&
  Object.getPrototypeOf(prototype) === null &&
  Object.hasOwn(prototype, "hasOwnProperty") &&
  Object.hasOwn(prototype, "__proto__");
