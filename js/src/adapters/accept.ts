import { WebhookError, type ErrorCode } from "../errors.ts";
import { MAX_BODY_BYTES } from "../limits.ts";
import type { Delivery, HeadersInput } from "../types.ts";
import { readBody, type Chunks } from "./read.ts";

/** What an adapter hands deliveries to: a receiver with handlers. */
export interface Target {
  route(delivery: Delivery): Promise<unknown>;
  /** Largest body that it looks at, in bytes. */
  readonly maxBodyBytes?: number;
}

/** Settings of an adapter. */
export interface AdapterOptions {
  /**
   * Is told of every refusal and of what a handler throws; the answer does not wait for it. Default: `console.error`, for
   * failures that the peer did not cause.
   */
  readonly onError?: (thrown: unknown) => unknown;
  /** Largest body that is read, in bytes, compressed or not. Default: the receiver's. */
  readonly maxBodyBytes?: number;
}

/** A request as an adapter finds it. */
export interface Incoming {
  readonly headers: HeadersInput;
  /** The value of Content-Encoding. */
  readonly encoding: string | null | undefined;
  /** What is to be read; anything else was read by somebody before and is handed on as it is. */
  readonly body: Chunks | { readonly given: unknown };
}

/** What to answer to whoever sent the delivery. */
export interface Answer {
  /** The HTTP status: 204, 200, 400, 401, 409, 413, 415 or 500. */
  readonly status: number;
  /** The code of a refusal, for the body; never a secret or any part of the delivery. */
  readonly code: ErrorCode | "handler_failed" | null;
}

const STATUSES: Partial<Record<ErrorCode, number>> = {
  signature_mismatch: 401,
  signature_ambiguous: 401,
  timestamp_too_old: 401,
  timestamp_too_new: 401,
  header_missing: 401,
  body_too_large: 413,
  body_encoding: 415,
  delivery_pending: 409,
  // A replay was handled already: whoever sends it again need not try once more.
  delivery_replayed: 200,
};

/** Reads a request, routes it, and says what to answer: a 500 asks for another attempt, a 4xx says that it would not help. */
export async function accept(
  target: Target,
  { headers, encoding, body }: Incoming,
  { onError = logged, maxBodyBytes = limitOf(target) }: AdapterOptions = {},
): Promise<Answer> {
  try {
    const bytes: unknown = "given" in body ? body.given : await readBody(body, encoding, maxBodyBytes);
    // Whatever is not bytes the receiver refuses, and says what to change.
    await target.route({ headers, body: bytes as Uint8Array });
    return { status: 204, code: null };
  } catch (thrown) {
    void tell(onError, thrown);
    if (!WebhookError.is(thrown)) return { status: 500, code: "handler_failed" };
    return { status: STATUSES[thrown.code] ?? (thrown.fault === "peer" ? 400 : 500), code: thrown.code };
  }
}

/** The largest body that a receiver looks at. */
export function limitOf({ maxBodyBytes = MAX_BODY_BYTES }: Target): number {
  return maxBodyBytes;
}

/** Tells of a failure. What the listener throws, or never settles, must not leave the sender without an answer. */
async function tell(onError: NonNullable<AdapterOptions["onError"]>, thrown: unknown): Promise<void> {
  try {
    await onError(thrown);
  } catch {
    // The sender gets its answer in any case.
  }
}

/** A failure that the peer did not cause is a fault of this side, and must not be silent. */
function logged(thrown: unknown): void {
  if (!WebhookError.is(thrown) || thrown.fault !== "peer") console.error("mambo-webhooks:", thrown);
}
