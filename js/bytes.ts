import type { BodyInput } from "./types.ts";

const encoder = new TextEncoder();

/** The bytes of a body, or a word for what it is instead. */
export function bodyBytes(body: BodyInput): Uint8Array | { readonly found: string } {
  if (typeof body === "string") return encoder.encode(body);
  if (body instanceof Uint8Array) return body;
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  // By tag and not by instanceof: a buffer may come from another realm.
  const tag = Object.prototype.toString.call(body).slice(8, -1);
  if (tag === "ArrayBuffer" || tag === "SharedArrayBuffer") return new Uint8Array(body);
  return { found: found(body, tag) };
}

function found(body: unknown, tag: string): string {
  if (body === undefined || body === null) return `${body}`;
  if (Array.isArray(body)) return "an array";
  if (tag === "Promise") return "a promise that was not awaited";
  if (tag === "Request" && (body as Request).bodyUsed) return "a Request whose body was read before";
  if (tag === "ReadableStream" || tag === "Request") return `a ${tag} that was not read`;
  return typeof body === "object" ? "an object" : `a ${typeof body}`;
}
