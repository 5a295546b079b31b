// Compares what handlers return. A result is written down at once: a handler may return an object that it goes on changing.
import { segment } from "./pointer.ts";

/** A value as it was: a primitive, a function or an object without visible state itself; of other objects, the parts. */
export type Snapshot = { readonly value: unknown } | { readonly prototype: unknown; readonly parts: ReadonlyMap<string, Snapshot> };

/**
 * Writes a value down. Members are those that are enumerable; Date, RegExp, Map, Set, Error, boxed values and bytes have
 * separate parts. Private state of classes is not seen.
 */
export function snapshot(value: unknown, seen = new Map<unknown, Snapshot>()): Snapshot {
  if (typeof value !== "object" || value === null) return { value };
  const before = seen.get(value);
  if (before !== undefined) return before;
  const parts = new Map<string, Snapshot>();
  const prototype: unknown = Object.getPrototypeOf(value);
  const taken: Snapshot = { prototype, parts };
  // Before its parts: an object may contain itself.
  seen.set(value, taken);
  const state = hiddenState(value);
  if (state !== undefined) parts.set("", snapshot(state, seen));
  // The elements of bytes are in their state.
  const members = ArrayBuffer.isView(value) ? [] : Object.entries(Object.getOwnPropertyDescriptors(value));
  for (const [name, { value: member, get, enumerable }] of members) {
    // A getter may do something, so it is not called.
    if (enumerable) parts.set(segment(name), snapshot(get ?? member, seen));
  }
  const isPlain = prototype === null || Array.isArray(value) || Object.getPrototypeOf(prototype) === null;
  if (parts.size > 0 || isPlain) return taken;
  // A Response, say, or a connection: what it is like cannot be seen, so it equals itself alone.
  const opaque = { value };
  seen.set(value, opaque);
  return opaque;
}

/**
 * Returns the JSON pointer of the first difference, `""` for the whole, or undefined for equal values. The order of members
 * does not count; that of a Map and a Set does.
 */
export function firstDifference(one: Snapshot, other: Snapshot, pointer = "", seen = new Map<Snapshot, Snapshot>()): string | undefined {
  if ("value" in one || "value" in other) return "value" in one && "value" in other && isSame(one.value, other.value) ? undefined : pointer;
  // Objects that contain themselves were compared when they were first met.
  if (seen.get(one) === other) return undefined;
  seen.set(one, other);
  if (one.prototype !== other.prototype) return pointer;
  for (const [name, part] of one.parts) {
    const counterpart = other.parts.get(name);
    const found = counterpart === undefined ? pointer + name : firstDifference(part, counterpart, pointer + name, seen);
    if (found !== undefined) return found;
  }
  const added = [...other.parts.keys()].find((name) => !one.parts.has(name));
  return added === undefined ? undefined : pointer + added;
}

/** As `===`, but NaN is the same as NaN. */
function isSame(one: unknown, other: unknown): boolean {
  return one === other || Object.is(one, other);
}

/** Returns the state of an object that is not in its members. By tag: an object may come from another realm. */
function hiddenState(value: object): unknown {
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).join();
  switch (tag) {
    case "ArrayBuffer":
      return new Uint8Array(value as ArrayBuffer).join();
    case "Date":
    case "Number":
    case "String":
    case "Boolean":
      return value.valueOf();
    case "RegExp":
      return String(value);
    case "Error":
      return `${(value as Error).name}: ${(value as Error).message}`;
    case "Map":
    case "Set":
      return [...(value as Iterable<unknown>)];
    default:
      return undefined;
  }
}
