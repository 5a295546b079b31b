import type { HeadersInput } from "./types.ts";

/**
 * Headers as the core reads them: a name on a line, then a value on a line, and so on. All of them, or the wanted
 * ones only, which is faster.
 */
export function headerLines(
  headers: HeadersInput,
  wanted?: readonly string[],
  fallback: readonly string[] = ["x-mambo-signature"],
): string {
  const lines: string[] = [];
  const add = (name: string, value: string | readonly string[] | null | undefined): void => {
    if (value === null || value === undefined) return;
    // A line end has no place in a header; as NUL, the core refuses it with its place.
    const safe = (text: string): string => (text.includes("\n") ? text.replaceAll("\n", "\0") : text);
    if (typeof value === "string") lines.push(name, safe(value));
    else for (const each of value) lines.push(name, safe(each));
  };
  const addNamed: typeof add = (name, value) => {
    // Most headers are told apart by their length, without a copy in lower case.
    if (wanted !== undefined && !wanted.some((each) => each.length === name.length)) return;
    const lower = name.toLowerCase();
    if (wanted?.includes(lower) ?? !lower.includes("\n")) add(lower, value);
  };
  if (isLookup(headers) && (wanted !== undefined || !(Symbol.iterator in headers))) {
    // Something that can only be asked by name is asked for the names that matter.
    for (const name of wanted ?? fallback) add(name, headers.get(name));
  } else if (Array.isArray(headers) || Symbol.iterator in headers) {
    for (const [name, value] of entries(headers)) addNamed(name, value);
  } else {
    const record = headers as Record<string, string | readonly string[] | undefined>;
    for (const name of Object.keys(record)) addNamed(name, record[name]);
  }
  return lines.join("\n");
}

function isLookup(headers: HeadersInput): headers is { get(name: string): string | null | undefined } {
  return !(headers instanceof Map) && "get" in headers && typeof headers.get === "function";
}

type Entry = readonly [string, string | readonly string[] | undefined];

function entries(headers: HeadersInput): Iterable<Entry> {
  if (isRaw(headers)) {
    return headers.flatMap((name, index): Entry[] => (index % 2 === 0 ? [[name, headers[index + 1]]] : []));
  }
  return headers as Iterable<Entry>;
}

/** Node's `rawHeaders`: names and values in turn. */
function isRaw(headers: unknown): headers is readonly string[] {
  return Array.isArray(headers) && typeof headers[0] === "string";
}
