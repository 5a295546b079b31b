import { bodyBytes } from "./body.ts";
import { headerLines } from "./headers.ts";
import { tools } from "./tools-loader.ts";
import type { Delivery } from "./types.ts";

/** What `detect` takes: a captured delivery and the secrets that it may be signed with. */
export interface DetectOptions extends Delivery {
  /** The secrets, as text. */
  readonly secrets: readonly string[];
  /** The time of the capture in milliseconds since 1970. Default: now. */
  readonly now?: number;
}

/** What a captured delivery shows. */
export interface Detection {
  /** Each profile under which the delivery verifies; empty when none of those tried does. */
  readonly profiles: readonly {
    /** The profile: hand it to `createReceiver`. */
    readonly profile: object;
    /** Index in `secrets` of the secret that matches, from 0. */
    readonly secret: number;
    /** How that secret is written. */
    readonly encoding: "utf8" | "hex" | "base64";
    /** When the delivery was signed, in milliseconds since 1970. */
    readonly timestamp: number;
    /** Whether that is within five minutes of now. */
    readonly isRecent: boolean;
  }[];
  /** Where type, id, version, time and data seem to be in the body, as JSON pointers. */
  readonly fieldHints: readonly { readonly what: string; readonly at: string }[];
  /** What one delivery does not show, and which delivery would; each with a stable code, such as `several_profiles`. */
  readonly undecided: readonly { readonly code: string; readonly message: string }[];
}

/**
 * Works out from one captured delivery how deliveries are signed and laid out. Settles what Mambo's public docs leave
 * open; run it once, by hand, and keep the profile that it finds.
 * @example
 * const { profiles } = detect({ headers, body, secrets: [secret] });
 * const receiver = createReceiver({ secret, profile: profiles[0]?.profile });
 * @throws WebhookError `body_parsed`, `body_too_large` over 1 MiB, `keys_too_many` for more than 8 secrets, `options_invalid`
 */
export function detect({ headers, body, secrets, now = Date.now() }: DetectOptions): Detection {
  const [lines, bytes] = [headerLines(headers), bodyBytes(body)];
  const found = tools.call((glue) => glue.detect({ secrets }, lines, bytes, now));
  const profiles = found.profiles.map((each) => ({ ...each, profile: JSON.parse(each.profile) as object }));
  return { profiles, fieldHints: found.fieldHints, undecided: found.undecided };
}
