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
    for (const each of typeof value === "string" ? [value] : value) lines.push(name, each.replace(/\n/g, "\0"));
  };
  if (isLookup(headers) && (wanted !== undefined || !(Symbol.iterator in headers))) {
    // Something that can only be asked by name is asked for the names that matter.
    for (const name of wanted ?? fallback) add(name, headers.get(name));
  } else {
    for (const [name, value] of entries(headers)) {
      const lower = name.toLowerCase();
      if (wanted?.includes(lower) ?? !lower.includes("\n")) add(lower, value);
    }
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
  return Symbol.iterator in headers ? (headers as Iterable<Entry>) : Object.entries(headers as Record<string, string>);
}

/** Node's `rawHeaders`: names and values in turn. */
function isRaw(headers: unknown): headers is readonly string[] {
  return Array.isArray(headers) && typeof headers[0] === "string";
}
