import { ERRORS, type ErrorCode, type Fault } from "./error-table.ts";

export type { ErrorCode, Fault } from "./error-table.ts";

/** A failure, as the core tells it. */
export interface Failure {
  readonly code: ErrorCode;
  readonly fault: Fault;
  readonly message: string;
}

/** The stable names of all failures, in the order of docs/CODES.md. */
export const ERROR_CODES = /* @__PURE__ */ Object.keys(ERRORS) as readonly ErrorCode[];

/** A refused delivery or a wrong setting. Its message never holds a secret, a signature or any part of a body. */
export class WebhookError extends Error {
  override readonly name = "WebhookError";
  /** The stable name of the failure. */
  readonly code: ErrorCode;
  /** The party that must act: `peer` is the sender, `caller` your code, `config` your settings, `library` this package. */
  readonly fault: Fault;
  /** What to do about it, in a sentence. */
  readonly advice: string;
  /** The HTTP status to answer: 200, 400, 401, 409, 413, 415 or 500. A 5xx asks the sender for another attempt. */
  readonly status: number;

  constructor(failure: Failure) {
    super(failure.message);
    this.code = failure.code;
    this.fault = failure.fault;
    this.advice = ERRORS[failure.code].advice;
    this.status = ERRORS[failure.code].status;
  }

  /** Code, fault and message, as `JSON.stringify` takes them. */
  toJSON(): Failure {
    return { code: this.code, fault: this.fault, message: this.message };
  }

  /** `instanceof` holds for errors of every copy of the package. */
  static override [Symbol.hasInstance](thrown: unknown): boolean {
    return isWebhookError(thrown);
  }

  /** Whether something thrown is a WebhookError, of this or another copy of the package. */
  static is(thrown: unknown): thrown is WebhookError {
    return isWebhookError(thrown);
  }
}

/** A function outside the class: a bundler renames a class whose body uses its own name. */
function isWebhookError(thrown: unknown): thrown is WebhookError {
  return thrown instanceof Error && thrown.name === "WebhookError" && "code" in thrown && "fault" in thrown;
}

/** @internal Makes the error for a failure found outside the core, from the error table; `places` fill the message's placeholders. */
export function webhookError(code: ErrorCode, places: Readonly<Record<string, string | number>> = {}): WebhookError {
  const { fault, message } = ERRORS[code];
  return new WebhookError({ code, fault, message: message.replace(/\{(\w+)\}/g, (_, name: string) => `${places[name] ?? ""}`) });
}

/** @internal The refusal of an option that the core never sees. */
export function optionsInvalid(problem: string, at: string): WebhookError {
  return webhookError("options_invalid", { first: `${problem} at ${at}` });
}
