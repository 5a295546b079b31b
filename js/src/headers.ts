import { webhookError } from "./errors.ts";
import type { HeadersInput } from "./types.ts";

/**
 * Returns headers in the core's format: a name on one line, its value on the next. All headers, or only those with the
 * `wanted` names, which are in lower case. If headers offer only `get`, the names in `fallback` are read where all are
 * wanted. For null or undefined it returns no lines.
 * @throws WebhookError `headers_invalid`
 */
export function headerLines(
  headers: HeadersInput | null | undefined,
  wanted?: readonly string[],
  fallback: readonly string[] = ["x-mambo-signature"],
): string {
  if (headers === undefined || headers === null) return "";
  if (typeof headers !== "object") {
    throw webhookError("headers_invalid", { found: `a ${typeof headers}` });
  }
  let lines = "";
  if (isLookup(headers) && (wanted !== undefined || !(Symbol.iterator in headers))) {
    for (const name of wanted ?? fallback) lines += line(name, headers.get(name));
  } else if (Array.isArray(headers) || Symbol.iterator in headers) {
    for (const [name, value] of entries(headers)) lines += named(name, value, wanted);
  } else {
    const record = headers as Record<string, string | readonly string[] | undefined>;
    for (const name of Object.keys(record)) lines += named(name, record[name], wanted);
  }
  // Every line but the last ends.
  return lines.slice(0, -1);
}

type Value = string | readonly string[] | null | undefined;

function named(name: string, value: Value, wanted: readonly string[] | undefined): string {
  if (wanted === undefined) return name.includes("\n") ? "" : line(name.toLowerCase(), value);
  for (const each of wanted) {
    // Most headers are told apart by their length, without a copy in lower case.
    if (each.length === name.length && (each === name || each === name.toLowerCase())) return line(each, value);
  }
  return "";
}

function line(name: string, value: Value): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map((each: Value) => line(name, each)).join("");
  // Some servers give Content-Length as a number.
  if (typeof value !== "string") return line(name, `${value}`);
  // A header value must not contain a line end. It is passed on as NUL, which the core refuses with its position.
  return `${name}\n${value.includes("\n") ? value.replaceAll("\n", "\0") : value}\n`;
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
