import { instance, restart } from "./boot.ts";
import * as glue from "./core_bg.js";
import type { Answer, CodeRow, CoreDelivery, CoreDetection, CoreDiagnosis } from "./core_bg.js";
import { WebhookError, type ErrorCode, type Failure, type Fault } from "./errors.ts";
import { HOST_FROM_BYTES, hostKeys, lend, takeBack, type HostKeys } from "./host.ts";
import type { MacChoice } from "./types.ts";

/** The core looks at no more of a body that the host hashes: joiners are shorter. */
const HEAD_BYTES = 16;

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
  readonly #keys: HostKeys | undefined;
  readonly #hostFrom: number;

  constructor(settings: string, mac: MacChoice = "auto") {
    this.#settings = settings;
    this.#held = this.#open();
    const { number } = this.#held;
    this.headerNames = glue.receiver_headers(number).split("\n");
    this.#keys = hostKeys(mac, (place) => glue.receiver_secret(number, place));
    this.#hostFrom = mac === "host" ? 0 : HOST_FROM_BYTES;
  }

  /** Whether tags may come from the host. */
  get hasHost(): boolean {
    return this.#keys !== undefined;
  }

  /** Three lines behind a mark: the key's id, the time in milliseconds, and the time as it was signed. */
  verify(headers: string, body: Uint8Array, now: number): string[] {
    const keys = this.#keysFor(body);
    // What the host hashes stays where it is: only its head is copied.
    const head = keys === undefined ? body : body.subarray(0, HEAD_BYTES);
    const answer: string = run(() => {
      if (keys !== undefined) lend(keys, body);
      return glue.receiver_verify(this.#number(), headers, head, now, keys !== undefined);
    });
    return answer.startsWith("=") ? answer.split("\n") : opened<never>(answer);
  }

  receive(headers: string, body: Uint8Array, now: number): CoreDelivery {
    const keys = this.#keysFor(body);
    return call(() => {
      if (keys !== undefined) lend(keys, body);
      return glue.receiver_receive(this.#number(), headers, body, now, keys !== undefined);
    });
  }

  diagnose(headers: string, body: Uint8Array, now: number): CoreDiagnosis {
    return call(() => glue.receiver_diagnose(this.#number(), headers, body, now));
  }

  #keysFor(body: Uint8Array): HostKeys | undefined {
    return body.length >= this.#hostFrom ? this.#keys : undefined;
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

/** The same for a replay of one delivery. */
export function replayKey(timestampText: string, body: Uint8Array): string {
  return glue.delivery_replay_key(timestampText, body);
}

/** The same for every delivery of one event. */
export function eventKey(id: string | undefined, body: Uint8Array): string {
  return glue.delivery_event_key(id, body);
}

/** A failure of the core's table that is found on this side of it. */
export function failure(code: ErrorCode): WebhookError {
  const row = codes().find((row) => row.code === code);
  return new WebhookError({ code, fault: row?.fault as Fault, message: row?.sentence ?? code });
}

/** The table of all failures. */
export function codes(): readonly CodeRow[] {
  return glue.codes();
}

/** The value of a call into the core; its failures become a WebhookError. */
function call<Value>(act: () => Answer<Value>): Value {
  return opened(run(act));
}

/** Runs a call into the core, which starts again if it stopped. */
function run<Text extends string>(act: () => Text): Text {
  try {
    return act();
  } catch (thrown) {
    // The glue refuses values of a wrong type before the core sees them: nothing was stopped.
    if (thrown instanceof TypeError) throw thrown;
    restart();
    const message = "the core stopped on this input and was started again";
    throw Object.assign(new WebhookError({ code: "core_trapped", fault: "library", message }), { cause: thrown });
  } finally {
    takeBack();
  }
}

function opened<Value>(answer: Answer<Value>): Value {
  const result = JSON.parse(answer) as { readonly ok: Value } | { readonly error: Failure };
  if ("ok" in result) return result.ok;
  throw new WebhookError(result.error);
}
