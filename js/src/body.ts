import "./needs.ts";
import { webhookError } from "./errors.ts";
import type { BodyInput } from "./types.ts";

const encoder = new TextEncoder();

/**
 * The bytes of a body.
 * @throws WebhookError `body_parsed`; `body_too_large` for text that is certainly longer than allowed, before it is copied
 */
export function bodyBytes(body: BodyInput, maxBodyBytes = Infinity): Uint8Array {
  if (typeof body === "string") {
    // Each UTF-16 code unit takes at least one byte in UTF-8.
    if (body.length > maxBodyBytes) throw webhookError("body_too_large", { allowed: maxBodyBytes });
    return encoder.encode(body);
  }
  if (body instanceof Uint8Array) return copyIfShared(body);
  if (ArrayBuffer.isView(body)) return copyIfShared(new Uint8Array(body.buffer, body.byteOffset, body.byteLength));
  const tag = tagOf(body);
  if (tag === "ArrayBuffer" || tag === "SharedArrayBuffer") return copyIfShared(new Uint8Array(body));
  throw webhookError("body_parsed", { found: described(body, tag) });
}

/**
 * Copies memory that another thread may change, so that the bytes read later are the bytes hashed. It avoids `slice`, which
 * shares the memory of a Buffer.
 */
function copyIfShared(bytes: Uint8Array): Uint8Array {
  const { buffer } = bytes;
  return buffer.constructor !== ArrayBuffer && tagOf(buffer) === "SharedArrayBuffer" ? new Uint8Array(bytes) : bytes;
}

/** By tag and not by instanceof: a buffer may come from another realm. */
function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

function described(body: unknown, tag: string): string {
  if (body === undefined || body === null) return `${body}`;
  if (Array.isArray(body)) return "an array";
  if (tag === "Promise") return "a promise that was not awaited";
  if (tag === "Request" && (body as Request).bodyUsed) return "a Request whose body was read before";
  if (tag === "ReadableStream" || tag === "Request") return `a ${tag} that was not read`;
  return typeof body === "object" ? "an object" : `a ${typeof body}`;
}
