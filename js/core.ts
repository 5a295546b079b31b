import { instance, restart } from "./boot.ts";
import * as glue from "./core_bg.js";
import type { CoreDelivery, Tagged } from "./core_bg.js";
import { WebhookError } from "./errors.ts";

/** A receiver in the core, made again by itself when the core had to be started again. */
export class CoreHandle {
  readonly #settings: string;
  #receiver: glue.CoreReceiver;
  #instance: number;
  readonly headerNames: readonly string[];

  constructor(settings: string) {
    this.#settings = settings;
    this.#receiver = call(() => glue.CoreReceiver.open(settings));
    this.#instance = instance();
    this.headerNames = this.#receiver.header_names().split("\n");
  }

  receive(headers: string, body: Uint8Array, now: number): CoreDelivery {
    if (this.#instance !== instance()) {
      this.#receiver = call(() => glue.CoreReceiver.open(this.#settings));
      this.#instance = instance();
    }
    return call(() => this.#receiver.receive(headers, body, now));
  }
}

/** The header value that signs `body` under a profile, at `now` in milliseconds since 1970. */
export function signBody(profile: string, secret: string, body: Uint8Array, now: number): string {
  return call(() => glue.sign_body(profile, secret, body, now));
}

/** Refuses a body that is no bytes. */
export function refuseParsed(found: string): never {
  return call(() => glue.body_parsed(found));
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
    restart();
    const message = "the core stopped on this input and was started again";
    throw Object.assign(new WebhookError({ code: "core_trapped", fault: "library", message }), { cause: thrown });
  }
  if ("ok" in result) return result.ok;
  throw new WebhookError(result.error);
}
