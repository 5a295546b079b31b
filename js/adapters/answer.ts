import { WebhookError, type ErrorCode } from "../errors.ts";

/** What to answer to whoever sent the delivery. */
export interface Answer {
  /** The HTTP status: 204, 400, 401, 409, 413 or 500. */
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
  delivery_pending: 409,
  // A replay was handled already: whoever sends it again need not try once more.
  delivery_replayed: 200,
};

/** Runs `act` and says what to answer: a 500 makes Mambo try again, a 4xx says that it need not. */
export async function answer(act: () => Promise<unknown>, onError: (thrown: unknown) => unknown): Promise<Answer> {
  try {
    await act();
    return { status: 204, code: null };
  } catch (thrown) {
    try {
      await onError(thrown);
    } catch {
      // Whoever is told must not be able to leave the sender without an answer.
    }
    if (!WebhookError.is(thrown)) return { status: 500, code: "handler_failed" };
    return { status: STATUSES[thrown.code] ?? (thrown.fault === "peer" ? 400 : 500), code: thrown.code };
  }
}
