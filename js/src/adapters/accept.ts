import { WebhookError, type ErrorCode } from "../errors.ts";
import { MAX_BODY_BYTES } from "../limits.ts";
import type { Delivery, HeadersInput } from "../types.ts";
import { readBody, type Chunks } from "./read.ts";

/** What an adapter passes deliveries to: a receiver with handlers. */
export interface Target {
  /** `context` holds the arguments that the framework called the adapter with. */
  route(delivery: Delivery, context: readonly unknown[]): Promise<unknown>;
  /** Largest body that it looks at, in bytes. */
  readonly maxBodyBytes?: number;
}

/**
 * A target, or a function that makes it. The function is called with the arguments of the first delivery, such as a
 * Worker's `env`; what it throws is answered 500, and it is called again for the next delivery.
 */
export type TargetSource = Target | ((...context: any[]) => Target | Promise<Target>);

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
  /** What is to be read, at once or up to a limit in bytes; what was read before is passed on as it is. */
  readonly body: Chunks | ((maxBodyBytes: number) => Chunks) | { readonly given: unknown };
  /** The arguments that the framework called the adapter with. */
  readonly context: readonly unknown[];
}

/** What to answer to the sender of the delivery. */
export interface Answer {
  /** The HTTP status: 204, 200, 400, 401, 409, 413, 415 or 500. */
  readonly status: number;
  /** The code of a refusal, for the body; never a secret or any part of the delivery. */
  readonly code: ErrorCode | "handler_failed" | null;
}

/** Passes requests to a target and says what to answer: a 500 asks for another attempt, a 4xx says that it would not help. */
export function acceptor(
  source: TargetSource,
  { onError = logged, maxBodyBytes }: AdapterOptions = {},
): (incoming: Incoming) => Promise<Answer> {
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

/** The target of a source, made once. */
function once(source: TargetSource): (context: readonly unknown[]) => Promise<Target> {
  if (typeof source !== "function") return () => Promise.resolve(source);
  let made: Promise<Target> | undefined;
  const make = (context: readonly unknown[]): Promise<Target> =>
    Promise.resolve()
      .then(() => source(...context))
      .catch((thrown: unknown) => {
        made = undefined;
        throw thrown;
      });
  return (context) => (made ??= make(context));
}

/** Tells of a failure. What the listener throws, or that it never settles, must not leave the sender without an answer. */
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
