// JSON pointers into an event's data.

/** Returns a member's name as one segment of a JSON pointer. */
export function segment(name: string): string {
  return `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** Follows a JSON pointer. Returns undefined if nothing is there: a value of undefined is not JSON. */
export function valueAt(data: unknown, pointer: string): unknown {
  let value = data;
  for (const name of names(pointer)) {
    if (!isContainer(value) || !isMember(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

/**
 * Writes a pointer into `data` as a registry does: `*` for each index of an array, so that all elements count as one place.
 * A member that is called `*` is written `~2`.
 */
export function place(data: unknown, pointer: string): string {
  let value = data;
  let written = "";
  for (const name of names(pointer)) {
    written += Array.isArray(value) ? "/*" : segment(name).replaceAll("*", "~2");
    value = isContainer(value) ? value[name] : undefined;
  }
  return written;
}

/** Returns the pointers of all that contains a place, the nearest first and the whole data, `""`, last. */
export function parents(pointer: string): string[] {
  const found: string[] = [];
  for (let end = pointer.lastIndexOf("/"); end >= 0; end = pointer.lastIndexOf("/", end - 1)) {
    found.push(pointer.slice(0, end));
    if (end === 0) break;
  }
  return found;
}

/** An object or an array of JSON. */
export type Container = Record<string, unknown>;

/** Returns whether a value of JSON has members or elements. */
export function isContainer(value: unknown): value is Container {
  return typeof value === "object" && value !== null;
}

/** Returns whether it is a member of JSON: an array's `length` is not. */
function isMember(value: Container, name: string): boolean {
  return Object.hasOwn(value, name) && !(Array.isArray(value) && name === "length");
}

function names(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}
