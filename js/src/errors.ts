/** Who has to change something so that a failure ends. */
export type Fault = "peer" | "caller" | "config" | "library";

/** A failure, as the core tells it. */
export interface Failure {
  readonly code: ErrorCode;
  readonly fault: Fault;
  readonly message: string;
}

/** The stable names of all failures: the core's table, which a test compares with this list. */
export const ERROR_CODES = [
  "header_missing",
  "header_repeated",
  "header_too_large",
  "header_malformed",
  "timestamp_missing",
  "timestamp_malformed",
  "timestamp_negative",
  "timestamp_overflow",
  "timestamp_too_old",
  "timestamp_too_new",
  "signature_missing",
  "signature_malformed",
  "signature_uppercase",
  "signatures_too_many",
  "signature_mismatch",
  "signature_ambiguous",
  "body_too_large",
  "body_parsed",
  "body_encoding",
  "body_not_utf8",
  "body_not_json",
  "secret_empty",
  "secret_short",
  "secret_malformed",
  "key_id_malformed",
  "key_repeated",
  "keys_missing",
  "keys_too_many",
  "keys_inactive",
  "profile_invalid",
  "options_invalid",
  "registry_invalid",
  "shim_conflict",
  "delivery_replayed",
  "delivery_pending",
  "replay_store_full",
  "handlers_missing",
  "kind_unknown",
  "headers_invalid",
  "core_missing",
  "now_invalid",
  "core_trapped",
] as const;

/** The stable name of a failure. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Statuses that do not follow from the fault: 400 for the peer's, 500 for the others. A test compares them with the core's. */
const STATUSES: Partial<Record<ErrorCode, number>> = {
  header_missing: 401,
  signature_mismatch: 401,
  signature_ambiguous: 401,
  timestamp_too_old: 401,
  timestamp_too_new: 401,
  body_too_large: 413,
  body_encoding: 415,
  delivery_pending: 409,
  // It was handled before, so the sender is done.
  delivery_replayed: 200,
};

/** A refused delivery or a wrong setting. Its message never holds a secret, a signature or any part of a body. */
export class WebhookError extends Error {
  override readonly name = "WebhookError";
  /** The stable name of the failure. */
  readonly code: ErrorCode;
  /** Who has to change something: `peer` sent it, `caller` is your code, `config` your settings. */
  readonly fault: Fault;
  /** The HTTP status to answer: 200, 400, 401, 409, 413, 415 or 500. A 5xx asks the sender for another attempt. */
  readonly status: number;

  constructor(failure: Failure) {
    super(failure.message);
    this.code = failure.code;
    this.fault = failure.fault;
    this.status = STATUSES[failure.code] ?? (failure.fault === "peer" ? 400 : 500);
  }

  /** Code, fault and message, as `JSON.stringify` takes them. */
  toJSON(): Failure {
    return { code: this.code, fault: this.fault, message: this.message };
  }

  /** `instanceof` holds for errors of every copy of the package. */
  static override [Symbol.hasInstance](thrown: unknown): boolean {
    return WebhookError.is(thrown);
  }

  /** Whether something thrown is a WebhookError, of this or another copy of the package. */
  static is(thrown: unknown): thrown is WebhookError {
    return thrown instanceof Error && thrown.name === "WebhookError" && "code" in thrown && "fault" in thrown;
  }
}

/** The refusal of a body that is longer than allowed. */
export function bodyTooLarge(allowed: number): WebhookError {
  return new WebhookError({ code: "body_too_large", fault: "peer", message: `body is over ${allowed} bytes` });
}

/** The refusal of a call into a core that is not there. */
export function coreMissing(problem: string): WebhookError {
  return new WebhookError({ code: "core_missing", fault: "caller", message: `the core cannot be used: ${problem}` });
}

/** The refusal of an option that the core never sees. */
export function optionsInvalid(problem: string, at: string): WebhookError {
  const message = `options: ${problem} at ${at}`;
  return new WebhookError({ code: "options_invalid", fault: "config", message });
}
