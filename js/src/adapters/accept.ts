import { WebhookError, type ErrorCode } from "../errors.ts";
import { MAX_BODY_BYTES } from "../limits.ts";
import type { HeadersInput } from "../types.ts";
import { readBody, type Chunks } from "./read.ts";
import type { AdapterOptions, DeliveryTarget, DeliveryTargetSource } from "./types.ts";

/** A request as an adapter finds it. */
export interface Incoming {
  readonly headers: HeadersInput;
  /** The value of Content-Encoding. */
  readonly encoding: string | null | undefined;
  /** The chunks to read, or a function that returns them for a size limit; or a body that was read before, unchanged. */
  readonly body: Chunks | ((maxBodyBytes: number) => Chunks) | { readonly given: unknown };
  /** The arguments that the framework called the adapter with. */
  readonly context: readonly unknown[];
}

/** What to answer to the sender of the delivery. */
export interface AdapterReply {
  /** The HTTP status: 204, 200, 400, 401, 409, 413, 415 or 500. */
  readonly status: number;
  /** The code of a refusal, for the body; never a secret or any part of the delivery. */
  readonly code: ErrorCode | "handler_failed" | null;
}

/** Returns a function that passes requests to a target and returns the reply: 500 asks for a retry, 4xx says that none would help. */
export function acceptor(
  source: DeliveryTargetSource,
  { onError = logged, maxBodyBytes }: AdapterOptions = {},
): (incoming: Incoming) => Promise<AdapterReply> {
  const targetFor = once(source);
  return async ({ headers, encoding, body, context }) => {
    try {
      const target = await targetFor(context);
      const limit = maxBodyBytes ?? target.maxBodyBytes ?? MAX_BODY_BYTES;
      const chunks = typeof body === "function" ? body(limit) : body;
      const bytes: unknown = "given" in chunks ? chunks.given : await readBody(chunks, encoding, limit);
      // What is not bytes is refused by the receiver, which says what to change.
      await target.route({ headers, body: bytes as Uint8Array }, context);
      return { status: 204, code: null };
    } catch (thrown) {
      void tell(onError, thrown);
      return WebhookError.is(thrown) ? { status: thrown.status, code: thrown.code } : { status: 500, code: "handler_failed" };
    }
  };
}

/** Returns a function that makes the source's target once. */
function once(source: DeliveryTargetSource): (context: readonly unknown[]) => Promise<DeliveryTarget> {
  if (typeof source !== "function") return () => Promise.resolve(source);
  let made: Promise<DeliveryTarget> | undefined;
  const make = (context: readonly unknown[]): Promise<DeliveryTarget> =>
    Promise.resolve()
      .then(() => source(...context))
      .catch((thrown: unknown) => {
        made = undefined;
        throw thrown;
      });
  return (context) => (made ??= make(context));
}

/** Reports a failure to `onError`. If `onError` throws or never settles, the sender must still get a response. */
async function tell(onError: NonNullable<AdapterOptions["onError"]>, thrown: unknown): Promise<void> {
  try {
    await onError(thrown);
  } catch {
    // An `onError` that fails must not keep the sender from its answer.
  }
}

/** A failure that the peer did not cause is a fault of this side, and must not be silent. */
function logged(thrown: unknown): void {
  if (!WebhookError.is(thrown) || thrown.fault !== "peer") console.error("mambo-webhooks:", thrown);
}
