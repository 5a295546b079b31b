import { bodyBytes } from "../body.ts";
import * as glue from "../core_bg.js";
import { callCore } from "../loader.ts";
import { documentText } from "../registry.ts";
import type { BodyInput, JsonDocument } from "../types.ts";

/** How deliveries are signed. */
export interface ProfileOptions {
  /** How to sign; see docs/PROTOCOL.md. Default: assumed. */
  readonly profile?: JsonDocument;
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
 * The signature header's value for a body, as Mambo would make it under the profile.
 * @throws WebhookError when the secret or the profile cannot be used
 */
export function sign(options: SignOptions): string {
  return signed(options).value;
}

/** @internal The signature header, with the name that the profile gives it. */
export function signatureHeader(options: SignOptions): Readonly<Record<string, string>> {
  const { header, value } = signed(options);
  return { [header]: value };
}

function signed({ secret, body, now = Date.now(), profile }: SignOptions): { readonly header: string; readonly value: string } {
  const bytes = bodyBytes(body);
  const document = profile === undefined ? undefined : documentText(profile);
  return callCore(() => glue.sign({ secret: secret === undefined ? "" : secret, profile: document }, bytes, now));
}
