// Written by tests/rust/messages.rs from src/error.rs: MAMBO_BLESS=1 cargo test --test rust messages.

/** Who has to change something so that a failure ends. */
export type Fault = "peer" | "caller" | "config" | "library";

/** The stable name of a failure; docs/CODES.md has them all. */
export type ErrorCode =
  | "header_missing"
  | "header_repeated"
  | "header_too_large"
  | "header_malformed"
  | "timestamp_missing"
  | "timestamp_malformed"
  | "timestamp_negative"
  | "timestamp_overflow"
  | "timestamp_too_old"
  | "timestamp_too_new"
  | "signature_missing"
  | "signature_malformed"
  | "signature_uppercase"
  | "signatures_too_many"
  | "signature_mismatch"
  | "signature_ambiguous"
  | "body_too_large"
  | "body_parsed"
  | "body_encoding"
  | "body_not_utf8"
  | "body_not_json"
  | "secret_empty"
  | "secret_short"
  | "secret_malformed"
  | "key_id_malformed"
  | "key_repeated"
  | "keys_missing"
  | "keys_too_many"
  | "keys_inactive"
  | "timestamp_unsigned"
  | "profile_invalid"
  | "options_invalid"
  | "registry_invalid"
  | "samples_invalid"
  | "shim_conflict"
  | "delivery_replayed"
  | "delivery_pending"
  | "replay_store_full"
  | "handlers_missing"
  | "event_type_unknown"
  | "headers_invalid"
  | "core_missing"
  | "now_invalid"
  | "core_trapped";

/** @internal Whose fault it is, the HTTP status to answer, the sentence with `{places}` to fill, and what to do. */
export interface ErrorRow {
  readonly fault: Fault;
  readonly status: number;
  readonly message: string;
  readonly advice: string;
}

/** @internal Every failure. */
export const ERRORS: Readonly<Record<ErrorCode, ErrorRow>> = {
  header_missing: {
    fault: "peer",
    status: 401,
    message: "header {header} is missing",
    advice: "Look at the headers that arrived: a proxy may drop or rename them, or the profile names another header.",
  },
  header_repeated: {
    fault: "peer",
    status: 400,
    message: "header {header} came {count} times, expected once",
    advice: "Find who adds the second one; which of them counts cannot be known.",
  },
  header_too_large: {
    fault: "peer",
    status: 400,
    message: "header {header} is {bytes} bytes, allowed {allowed}",
    advice: "No honest sender makes such a header.",
  },
  header_malformed: {
    fault: "peer",
    status: 400,
    message: "header {header}: expected {expected} at byte {at}",
    advice: "Run detect on one captured delivery: it prints the profile that fits.",
  },
  timestamp_missing: {
    fault: "peer",
    status: 400,
    message: "header {header} holds no timestamp",
    advice: "Run detect on one captured delivery: the timestamp may go by another name.",
  },
  timestamp_malformed: {
    fault: "peer",
    status: 400,
    message: "timestamp is malformed: expected {expected} at byte {at}",
    advice: "Fractions, signs and blanks are refused; check the unit in the profile.",
  },
  timestamp_negative: {
    fault: "peer",
    status: 400,
    message: "timestamp is negative",
    advice: "No delivery is older than 1970.",
  },
  timestamp_overflow: {
    fault: "peer",
    status: 400,
    message: "timestamp does not fit 64 bits of milliseconds",
    advice: "Check the unit in the profile.",
  },
  timestamp_too_old: {
    fault: "peer",
    status: 401,
    message: "timestamp is {age} old, allowed {allowed}",
    advice: "A replay, a delivery held up on the way, or a clock that is wrong: check NTP on this machine.",
  },
  timestamp_too_new: {
    fault: "peer",
    status: 401,
    message: "timestamp is {ahead} ahead, allowed {allowed}",
    advice: "One of the two clocks is wrong: check NTP on this machine.",
  },
  signature_missing: {
    fault: "peer",
    status: 400,
    message: "header {header} holds no signature",
    advice: "Run detect on one captured delivery: the signature may go by another name.",
  },
  signature_malformed: {
    fault: "peer",
    status: 400,
    message: "signature {number} of {of} is not {expected}: it is {bytes} bytes",
    advice: "Something on the way cut or re-wrote the header.",
  },
  signature_uppercase: {
    fault: "peer",
    status: 400,
    message: "signature {number} of {of} is upper-case hex, expected lower case",
    advice: "If Mambo itself sends upper case, set the profile's signatureEncoding to hex_upper.",
  },
  signatures_too_many: {
    fault: "peer",
    status: 400,
    message: "header holds more than {allowed} signatures",
    advice: "No honest sender makes such a header.",
  },
  signature_mismatch: {
    fault: "peer",
    status: 401,
    message: "none of {signatures} signatures matches any of {keys} keys",
    advice: "Pass the body bytes as received, not parsed and printed again; compare the secret; then run diagnose.",
  },
  signature_ambiguous: {
    fault: "peer",
    status: 401,
    message: "signature matches only without a separator, and the body does not show where the timestamp ends",
    advice:
      "Digits may have been moved between the timestamp and the body. If your bodies are not JSON objects, use a profile with a separator.",
  },
  body_too_large: {
    fault: "peer",
    status: 413,
    message: "body is over {allowed} bytes",
    advice: "Raise the limit of the receiver, and of the adapter in front of it, if such bodies are wanted.",
  },
  body_parsed: {
    fault: "caller",
    status: 500,
    message: "body is {found}, not the received bytes: read the raw body before any JSON middleware",
    advice: "Move the raw-body middleware before the JSON parser. Printing the object again gives other bytes.",
  },
  body_encoding: {
    fault: "peer",
    status: 415,
    message: "body cannot be decoded: {problem}",
    advice: "Send it as it is, or compressed with gzip or deflate; its signature is assumed to be over the text before compression.",
  },
  body_not_utf8: {
    fault: "peer",
    status: 400,
    message: "body is not UTF-8 at byte {at}",
    advice: "The sender signed these very bytes: ask it.",
  },
  body_not_json: {
    fault: "peer",
    status: 400,
    message: "body is not JSON at line {line} column {column}",
    advice: "The sender signed these very bytes: ask it.",
  },
  secret_empty: {
    fault: "config",
    status: 500,
    message: "secret of key `{key}` is empty",
    advice: "An environment variable is not set, most likely.",
  },
  secret_short: {
    fault: "config",
    status: 500,
    message: "secret of key `{key}` is {bytes} bytes, needs {needed}",
    advice: "Set a secret of 32 random bytes in Mambo; a short one can be guessed offline from one delivery.",
  },
  secret_malformed: {
    fault: "config",
    status: 500,
    message: "secret of key `{key}` {problem}",
    advice: "Copy it again; watch for line ends and for the encoding.",
  },
  key_id_malformed: {
    fault: "config",
    status: 500,
    message: "key id is not 1 to 64 printable ASCII characters",
    advice: "Use a short name such as 2026-10.",
  },
  key_repeated: {
    fault: "config",
    status: 500,
    message: "key id `{key}` is used twice",
    advice: "Give each key its own id.",
  },
  keys_missing: {
    fault: "config",
    status: 500,
    message: "key ring is empty",
    advice: "Configure at least one secret.",
  },
  keys_too_many: {
    fault: "config",
    status: 500,
    message: "key ring has {count} keys, allowed {allowed}",
    advice: "Retire old keys: a rotation needs two at a time.",
  },
  keys_inactive: {
    fault: "config",
    status: 500,
    message: "none of {keys} keys is valid at this time",
    advice: "Look at the keys' not-before and not-after times.",
  },
  timestamp_unsigned: {
    fault: "config",
    status: 500,
    message: "the profile has no timestamp, so no tolerance bounds replays",
    advice: "To accept replays of any age, set both sides of the tolerance to unlimited; better, sign a timestamp.",
  },
  profile_invalid: {
    fault: "config",
    status: 500,
    message: "profile: {first}{count}",
    advice: "docs/PROTOCOL.md shows every member of a profile.",
  },
  options_invalid: {
    fault: "config",
    status: 500,
    message: "options: {first}{count}",
    advice: "The types of the package name every option.",
  },
  registry_invalid: {
    fault: "config",
    status: 500,
    message: "registry: {first}{count}",
    advice: "Run the registry check: it lists all of them with places and hints.",
  },
  samples_invalid: {
    fault: "caller",
    status: 500,
    message: "samples: {first}{count}",
    advice: "Pass each sample as the JSON text of an event's data alone: the older shape first, the newer one second.",
  },
  shim_conflict: {
    fault: "peer",
    status: 400,
    message: "change `{change}` does not fit at {at}: {problem}",
    advice: "Use the lenient policy, which keeps the event and lists the loss, or correct the registry.",
  },
  delivery_replayed: {
    fault: "peer",
    status: 200,
    message: "delivery was already handled",
    advice: "Answer 200: a replay needs nothing more. A retry by Mambo has a fresh signature.",
  },
  delivery_pending: {
    fault: "peer",
    status: 409,
    message: "delivery is being handled right now",
    advice: "Answer 409, so that it comes again if the other one fails.",
  },
  replay_store_full: {
    fault: "config",
    status: 500,
    message: "replay store is full",
    advice: "Give the store more room, or tighten the tolerance: it forgets nothing that could still be replayed.",
  },
  handlers_missing: {
    fault: "caller",
    status: 500,
    message: "no handler was added, so the event would be lost",
    advice: "Call `on`, `onAny` or `onUnknown` on the receiver before the first delivery comes.",
  },
  event_type_unknown: {
    fault: "caller",
    status: 500,
    message: "event type `{event_type}` is not one that this release knows",
    advice: "Correct its spelling; for event types that are newer than this release there is `onUnknown`.",
  },
  headers_invalid: {
    fault: "caller",
    status: 500,
    message: "headers is {found}, not the request's headers",
    advice: "Pass all headers of the request: an object, a Map, Headers, or a list of pairs.",
  },
  core_missing: {
    fault: "caller",
    status: 500,
    message: "the core cannot be used: {problem}",
    advice:
      "Import `mambo-webhooks`, or call `init` of `mambo-webhooks/slim` first; docs/TROUBLESHOOTING.md names what an environment needs.",
  },
  now_invalid: {
    fault: "caller",
    status: 500,
    message: "now is not a whole number of milliseconds since 1970",
    advice: "Pass Date.now() or nothing.",
  },
  core_trapped: {
    fault: "library",
    status: 500,
    message: "the core stopped on this input and was started again",
    advice: "This is a defect of the SDK: please report it.",
  },
};
