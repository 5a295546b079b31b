import { instance, restart } from "./boot.ts";
import * as glue from "./core_bg.js";
import type { CoreDelivery, CoreDetection, CoreDiagnosis, Tagged } from "./core_bg.js";
import { WebhookError, type ErrorCode, type Fault } from "./errors.ts";

/**
 * Frees what a receiver holds in the core, unless that instance of the core is gone anyway. workerd has no registry
 * before compatibility date 2025-05-05; there a receiver stays until its isolate ends.
 */
const forgotten =
  typeof FinalizationRegistry === "undefined"
    ? undefined
    : new FinalizationRegistry<Held>(({ number, instance: held }) => {
        if (held === instance()) glue.receiver_close(number);
      });

interface Held {
  readonly number: number;
  readonly instance: number;
}

/** A receiver in the core, made again by itself when the core had to be started again. */
export class CoreHandle {
  readonly #settings: string;
  #held: Held;
  readonly headerNames: readonly string[];

  constructor(settings: string) {
    this.#settings = settings;
    this.#held = this.#open();
    this.headerNames = glue.receiver_headers(this.#held.number).split("\n");
  }

  receive(headers: string, body: Uint8Array, now: number): CoreDelivery {
    return call(() => glue.receiver_receive(this.#number(), headers, body, now));
  }

  diagnose(headers: string, body: Uint8Array, now: number): CoreDiagnosis {
    return call(() => glue.receiver_diagnose(this.#number(), headers, body, now));
  }

  #number(): number {
    if (this.#held.instance !== instance()) this.#held = this.#open();
    return this.#held.number;
  }

  #open(): Held {
    const held = { number: call(() => glue.receiver_open(this.#settings)), instance: instance() };
    forgotten?.register(this, held);
    return held;
  }
}

/** The header value that signs `body` under a profile, at `now` in milliseconds since 1970. */
export function signBody(profile: string, secret: string, body: Uint8Array, now: number): string {
  return call(() => glue.sign_body(profile, secret, body, now));
}

/** Refuses a body that is no bytes. */
export function refuseParsed(found: string): never {
  return call(() => glue.body_refused(found, 0, 0));
}

/** Refuses a body that is too large to be copied into the core's memory. */
export function refuseLarge(bytes: number, allowed: number): never {
  return call(() => glue.body_refused("", bytes, allowed));
}

/** The profiles that fit a captured delivery. */
export function detectProfile(headers: string, body: Uint8Array, secrets: string, now: number): CoreDetection {
  return call(() => glue.detect_profile(headers, body, secrets, now));
}

/** A failure of the core's table that is found on this side of it. */
export function failure(code: ErrorCode): WebhookError {
  const row = codes().find((row) => row.code === code);
  return new WebhookError({ code, fault: row?.fault as Fault, message: row?.sentence ?? code });
}

/** The table of all failures. */
export function codes(): readonly glue.CodeRow[] {
  return call(() => glue.codes());
}

/** The value of a call into the core; its failures become a WebhookError. */
function call<Value>(act: () => Tagged<Value>): Value {
  let result: Tagged<Value>;
  try {
    result = act();
  } catch (thrown) {
    // The glue refuses values of a wrong type before the core sees them: nothing was stopped.
    if (thrown instanceof TypeError) throw thrown;
    restart();
    const message = "the core stopped on this input and was started again";
    throw Object.assign(new WebhookError({ code: "core_trapped", fault: "library", message }), { cause: thrown });
  }
  if ("ok" in result) return result.ok;
  throw new WebhookError(result.error);
}
