import { bodyBytes } from "../bytes.ts";
import { CoreHandle, refuseParsed, signBody } from "../core.ts";
import type { BodyInput, JsonDocument } from "../types.ts";

/** How deliveries are signed. */
export interface ProfileOptions {
  /** How to sign; see docs/PROTOCOL.md. Default: assumed. */
  readonly profile?: JsonDocument;
}

/** What to sign. */
export interface SignOptions extends ProfileOptions {
  /** The secret, as text. */
  readonly secret: string;
  /** The body to sign. */
  readonly body: BodyInput;
  /** The time of signing in milliseconds since 1970. Default: now. */
  readonly now?: number;
}

/**
 * The signature header's value for a body, as Mambo would make it under the profile.
 * @throws WebhookError when the secret or the profile cannot be used
 */
export function sign({ secret, body, now = Date.now(), profile = "" }: SignOptions): string {
  if (typeof secret !== "string") throw new TypeError("sign: the secret is not text");
  const bytes = bodyBytes(body);
  if ("found" in bytes) return refuseParsed(bytes.found);
  return signBody(typeof profile === "string" ? profile : JSON.stringify(profile), secret, bytes, now);
}

/** The signature header, with the name that the profile gives it. */
export function signatureHeader(options: SignOptions): Readonly<Record<string, string>> {
  const { secret, profile } = options;
  const parsed: unknown = typeof profile === "string" ? JSON.parse(profile) : profile;
  const [name = ""] = new CoreHandle(JSON.stringify({ keys: [{ secret }], profile: parsed }), false).headerNames;
  return { [name]: sign(options) };
}
