import { bodyBytes } from "../body.ts";
import * as glue from "../core_bg.js";
import { documentText } from "../document.ts";
import { headerLines } from "../headers.ts";
import { callCore } from "../loader.ts";
import type { BodyInput, JsonDocument } from "../types.ts";

/** How deliveries are signed. */
export interface ProfileOptions {
  /** How to sign; see docs/PROTOCOL.md. Default: assumed. */
  readonly profile?: JsonDocument;
  /** Other headers of the request: a profile may sign some of them. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What to sign. */
export interface SignOptions extends ProfileOptions {
  /** The secret, as text. An environment variable that is not set is refused as `secret_empty`. */
  readonly secret: string | undefined;
  /** The body to sign. */
  readonly body: BodyInput;
  /** The time of signing in milliseconds since 1970. Default: now. */
  readonly now?: number;
}

/**
 * The signature header's value for a body, as Mambo would make it under the profile. Where the profile has a header for
 * the timestamp, `sampleDelivery` returns that header too.
 * @throws WebhookError when the secret or the profile cannot be used
 */
export function sign(options: SignOptions): string {
  return signed(options).value;
}

/** @internal The headers that signing adds: the signature, and the timestamp where the profile has a header for it. */
export function signatureHeaders(options: SignOptions): Readonly<Record<string, string>> {
  return Object.fromEntries(signed(options).headers);
}

function signed({ secret, body, now = Date.now(), profile, headers = {} }: SignOptions): ReturnType<typeof glue.sign> {
  const bytes = bodyBytes(body);
  const document = profile === undefined ? undefined : documentText(profile);
  const lines = headerLines(headers);
  return callCore(() => glue.sign({ secret: secret === undefined ? "" : secret, profile: document }, lines, bytes, now));
}
