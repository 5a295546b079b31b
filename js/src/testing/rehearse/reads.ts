// What a handler misses at the new version, from what it read at both.
import { isContainer, parents, place, valueAt } from "./pointer.ts";
import type { Reads } from "./watch.ts";

/** The data in the shape of one version, and what a handler read of it. */
export interface ReadData {
  readonly data: unknown;
  readonly reads: Reads;
}

/**
 * Returns the places of members that the handler asks for at the new version, and that only the old one has. A handler that
 * no longer asks for a member, since it found another one first, does not miss it.
 * @param hasThrown whether it threw at the new version: then all that it read at the old one counts, as what it would still
 *   have asked for is not known
 */
export function goneMembers(old: ReadData, upgraded: ReadData, hasThrown: boolean): string[] {
  const asked = new Set(upgraded.reads.missing);
  for (const pointer of old.reads.found) if (hasThrown || isBehindPrimitive(pointer, upgraded)) asked.add(pointer);
  const isGone = (pointer: string): boolean => valueAt(old.data, pointer) !== undefined && valueAt(upgraded.data, pointer) === undefined;
  const gone = new Set([...asked].filter(isGone));
  // Where an object is gone, its members need no mention.
  const outermost = [...gone].filter((pointer) => !parents(pointer).some((parent) => gone.has(parent)));
  return places(old, outermost);
}

/**
 * Returns whether a primitive, such as a text, was read where the old version has an object or an array: reads of its members
 * cannot be watched.
 */
function isBehindPrimitive(pointer: string, { data, reads }: ReadData): boolean {
  const nearest = parents(pointer).find((parent) => valueAt(data, parent) !== undefined);
  return nearest !== undefined && reads.found.has(nearest) && !isContainer(valueAt(data, nearest));
}

/** Returns the places of objects whose members the handler listed at either version, and that have other members at the new one. */
export function changedObjects(old: ReadData, upgraded: ReadData): string[] {
  const listed = [...old.reads.listed, ...upgraded.reads.listed].filter((pointer) => {
    const [before, after] = [valueAt(old.data, pointer), valueAt(upgraded.data, pointer)];
    return isObject(before) && isObject(after) && !hasSameKeys(before, after);
  });
  return places(old, listed);
}

function places({ data }: ReadData, pointers: readonly string[]): string[] {
  return [...new Set(pointers.map((pointer) => place(data, pointer)))].sort();
}

function isObject(value: unknown): value is object {
  return isContainer(value) && !Array.isArray(value);
}

function hasSameKeys(one: object, other: object): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => Object.hasOwn(other, key));
}
