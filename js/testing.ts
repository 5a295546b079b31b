import { bodyBytes } from "./bytes.ts";
import { refuseParsed, signBody } from "./core.ts";
import type { BodyInput, JsonDocument } from "./types.ts";

/** What to sign. */
export interface SignOptions {
  /** The secret, as text. */
  readonly secret: string;
  /** The body to sign. */
  readonly body: BodyInput;
  /** The time of signing in milliseconds since 1970. Default: now. */
  readonly now?: number;
  /** How to sign; see docs/PROTOCOL.md. Default: assumed. */
  readonly profile?: JsonDocument;
}

/**
 * The signature header's value for a body, as Mambo would make it under the profile.
 * @throws WebhookError when the secret or the profile cannot be used
 */
export function sign({ secret, body, now = Date.now(), profile = "" }: SignOptions): string {
  const bytes = bodyBytes(body);
  if (!(bytes instanceof Uint8Array)) return refuseParsed(bytes.found);
  return signBody(typeof profile === "string" ? profile : JSON.stringify(profile), secret, bytes, now);
}
