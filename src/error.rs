//! Every failure: its stable code, whose fault it is, the HTTP status to answer, its sentence and what to do about it.
//! One table: docs/CODES.md and the table of the npm package are written from it.
//!
//! Sentences are lower case without a final period, say what and where with the unit, and never hold a secret,
//! a signature or any part of a body.

#[macro_use]
mod table;

mod fault;

use alloc::string::String;
use core::fmt;

pub use crate::time::Millis;
pub use crate::version::NotAVersion;
pub use fault::Fault;

/// How many problems a document has. Printed behind the first one: nothing for one, else ` (1 of 3 problems)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProblemCount(pub usize);

impl fmt::Display for ProblemCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 > 1 { write!(f, " (1 of {} problems)", self.0) } else { Ok(()) }
    }
}

errors! {
    /// The signature header is not among the headers.
    HeaderMissing {
        /// Name of the header.
        header: String,
    } = "header_missing", Peer, 401, "header {header} is missing",
        "Look at the headers that arrived: a proxy may drop or rename them, or the profile names another header.";
    /// The signature header came more than once.
    HeaderRepeated {
        /// Name of the header.
        header: String,
        /// How often it came.
        count: usize,
    } = "header_repeated", Peer, 400, "header {header} came {count} times, expected once",
        "Find who adds the second one; which of them counts cannot be known.";
    /// The signature header is longer than is looked at.
    HeaderTooLarge {
        /// Name of the header.
        header: String,
        /// The length.
        bytes: usize,
        /// Largest length allowed.
        allowed: usize,
    } = "header_too_large", Peer, 400, "header {header} is {bytes} bytes, allowed {allowed}",
        "No honest sender makes such a header.";
    /// The signature header does not follow the profile's grammar.
    HeaderMalformed {
        /// Name of the header.
        header: String,
        /// What the grammar wants.
        expected: String,
        /// Offset in the header value.
        at: usize,
    } = "header_malformed", Peer, 400, "header {header}: expected {expected} at byte {at}",
        "Run detect on one captured delivery: it prints the profile that fits.";
    /// The header holds no timestamp under a known name.
    TimestampMissing {
        /// Name of the header.
        header: String,
    } = "timestamp_missing", Peer, 400, "header {header} holds no timestamp",
        "Run detect on one captured delivery: the timestamp may go by another name.";
    /// The timestamp is not a whole number.
    TimestampMalformed {
        /// What the profile's unit wants.
        expected: &'static str,
        /// Offset in the timestamp.
        at: usize,
    } = "timestamp_malformed", Peer, 400, "timestamp is malformed: expected {expected} at byte {at}",
        "Fractions, signs and blanks are refused; check the unit in the profile.";
    /// The timestamp is below zero.
    TimestampNegative = "timestamp_negative", Peer, 400, "timestamp is negative",
        "No delivery is older than 1970.";
    /// The timestamp does not fit 64 bits of milliseconds.
    TimestampOverflow = "timestamp_overflow", Peer, 400, "timestamp does not fit 64 bits of milliseconds",
        "Check the unit in the profile.";
    /// The signature holds, but was made longer ago than the tolerance allows.
    TimestampTooOld {
        /// Age of the timestamp.
        age: Millis,
        /// Largest age allowed.
        allowed: Millis,
    } = "timestamp_too_old", Peer, 401, "timestamp is {age} old, allowed {allowed}",
        "A replay, a delivery held up on the way, or a clock that is wrong: check NTP on this machine.";
    /// The signature holds, but is dated further ahead than the tolerance allows.
    TimestampTooNew {
        /// How far ahead of now.
        ahead: Millis,
        /// How far ahead it may be.
        allowed: Millis,
    } = "timestamp_too_new", Peer, 401, "timestamp is {ahead} ahead, allowed {allowed}",
        "One of the two clocks is wrong: check NTP on this machine.";
    /// The header holds no signature under a known name.
    SignatureMissing {
        /// Name of the header.
        header: String,
    } = "signature_missing", Peer, 400, "header {header} holds no signature",
        "Run detect on one captured delivery: the signature may go by another name.";
    /// A signature is not in the profile's encoding, and no other one is well-formed.
    SignatureMalformed {
        /// Which one, from 1.
        number: usize,
        /// How many there are.
        of: usize,
        /// What the profile's encoding wants.
        expected: &'static str,
        /// The length.
        bytes: usize,
    } = "signature_malformed", Peer, 400, "signature {number} of {of} is not {expected}: it is {bytes} bytes",
        "Something on the way cut or re-wrote the header.";
    /// A signature has upper-case hex digits where the profile says lower case.
    SignatureUppercase {
        /// Which one, from 1.
        number: usize,
        /// How many there are.
        of: usize,
    } = "signature_uppercase", Peer, 400, "signature {number} of {of} is upper-case hex, expected lower case",
        "If Mambo itself sends upper case, set the profile's signatureEncoding to hex_upper.";
    /// The header holds more signatures than allowed.
    SignaturesTooMany {
        /// Most that are looked at.
        allowed: usize,
    } = "signatures_too_many", Peer, 400, "header holds more than {allowed} signatures",
        "No honest sender makes such a header.";
    /// No signature fits any key.
    SignatureMismatch {
        /// Well-formed signatures in the header.
        signatures: usize,
        /// Keys that are valid at this time.
        keys: usize,
    } = "signature_mismatch", Peer, 401, "none of {signatures} signatures matches any of {keys} keys",
        "Pass the body bytes as received, not parsed and printed again; compare the secret; then run diagnose.";
    /// The signature fits only without a separator, and bytes could have moved between timestamp and body.
    SignatureAmbiguous = "signature_ambiguous", Peer, 401,
        "signature matches only without a separator, and the body does not show where the timestamp ends",
        "Digits may have been moved between the timestamp and the body. If your bodies are not JSON objects, use a profile with a separator.";
    /// The body is larger than is looked at.
    BodyTooLarge {
        /// Largest length allowed, in bytes.
        allowed: usize,
    } = "body_too_large", Peer, 413, "body is over {allowed} bytes",
        "Raise the limit of the receiver, and of the adapter in front of it, if such bodies are wanted.";
    /// The body was already parsed, so that its bytes are lost.
    BodyParsed {
        /// What was passed instead of bytes.
        found: String,
    } = "body_parsed", Caller, 500,
        "body is {found}, not the received bytes: read the raw body before any JSON middleware",
        "Move the raw-body middleware before the JSON parser. Printing the object again gives other bytes.";
    /// The body came in an encoding that cannot be undone.
    BodyEncoding {
        /// What stands in the way.
        problem: &'static str,
    } = "body_encoding", Peer, 415, "body cannot be decoded: {problem}",
        "Send it as it is, or compressed with gzip or deflate; its signature is assumed to be over the text before compression.";
    /// The signature holds, but the body is not UTF-8.
    BodyNotUtf8 {
        /// Offset of the first byte that does not fit.
        at: usize,
    } = "body_not_utf8", Peer, 400, "body is not UTF-8 at byte {at}",
        "The sender signed these very bytes: ask it.";
    /// The signature holds, but the body is not JSON.
    BodyNotJson {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    } = "body_not_json", Peer, 400, "body is not JSON at line {line} column {column}",
        "The sender signed these very bytes: ask it.";
    /// The secret is empty or blank.
    SecretEmpty {
        /// Id of the key.
        key: String,
    } = "secret_empty", Config, 500, "secret of key `{key}` is empty",
        "An environment variable is not set, most likely.";
    /// The secret is shorter than is safe.
    SecretShort {
        /// Id of the key.
        key: String,
        /// The length.
        bytes: usize,
        /// Least length.
        needed: usize,
    } = "secret_short", Config, 500, "secret of key `{key}` is {bytes} bytes, needs {needed}",
        "Set a secret of 32 random bytes in Mambo; a short one can be guessed offline from one delivery.";
    /// The secret cannot be used as given.
    SecretMalformed {
        /// Id of the key.
        key: String,
        /// What is wrong with it.
        problem: &'static str,
    } = "secret_malformed", Config, 500, "secret of key `{key}` {problem}",
        "Copy it again; watch for line ends and for the encoding.";
    /// A key id is empty, too long or not plain text.
    KeyIdMalformed = "key_id_malformed", Config, 500, "key id is not 1 to 64 printable ASCII characters",
        "Use a short name such as 2026-10.";
    /// Two keys share an id.
    KeyRepeated {
        /// The id.
        key: String,
    } = "key_repeated", Config, 500, "key id `{key}` is used twice",
        "Give each key its own id.";
    /// A key ring has no key.
    KeysMissing = "keys_missing", Config, 500, "key ring is empty",
        "Configure at least one secret.";
    /// A key ring has more keys than are tried.
    KeysTooMany {
        /// How many.
        count: usize,
        /// Most allowed.
        allowed: usize,
    } = "keys_too_many", Config, 500, "key ring has {count} keys, allowed {allowed}",
        "Retire old keys: a rotation needs two at a time.";
    /// Every key is outside its time of validity.
    KeysInactive {
        /// Keys in the ring.
        keys: usize,
    } = "keys_inactive", Config, 500, "none of {keys} keys is valid at this time",
        "Look at the keys' not-before and not-after times.";
    /// The profile has no timestamp, and the tolerance has a bound.
    TimestampUnsigned = "timestamp_unsigned", Config, 500,
        "the profile has no timestamp, so no tolerance bounds replays",
        "To accept replays of any age, set both sides of the tolerance to unlimited; better, sign a timestamp.";
    /// A profile contradicts itself, exceeds a bound, or cannot be read.
    ProfileInvalid {
        /// How many problems there are.
        count: ProblemCount,
        /// The first one.
        first: String,
    } = "profile_invalid", Config, 500, "profile: {first}{count}",
        "docs/PROTOCOL.md shows every member of a profile.";
    /// An option is not what it must be.
    OptionsInvalid {
        /// How many problems there are.
        count: ProblemCount,
        /// The first one.
        first: String,
    } = "options_invalid", Config, 500, "options: {first}{count}",
        "The types of the package name every option.";
    /// A registry document has problems.
    RegistryInvalid {
        /// How many problems there are.
        count: ProblemCount,
        /// The first one.
        first: String,
    } = "registry_invalid", Config, 500, "registry: {first}{count}",
        "Run the registry check: it lists all of them with places and hints.";
    /// Samples from which a change was to be inferred cannot be used.
    SamplesInvalid {
        /// How many problems there are.
        count: ProblemCount,
        /// The first one.
        first: String,
    } = "samples_invalid", Caller, 500, "samples: {first}{count}",
        "Pass each sample as the JSON text of an event's data alone: the older shape first, the newer one second.";
    /// A change does not fit this payload, and the policy is strict.
    ShimConflict {
        /// Id of the change.
        change: String,
        /// JSON pointer into the payload.
        at: String,
        /// What does not fit.
        problem: &'static str,
    } = "shim_conflict", Peer, 400, "change `{change}` does not fit at {at}: {problem}",
        "Use the lenient policy, which keeps the event and lists the loss, or correct the registry.";
    /// The delivery was handled before.
    DeliveryReplayed = "delivery_replayed", Peer, 200, "delivery was already handled",
        "Answer 200: a replay needs nothing more. A retry by Mambo has a fresh signature.";
    /// Another attempt is handling the delivery.
    DeliveryPending = "delivery_pending", Peer, 409, "delivery is being handled right now",
        "Answer 409, so that it comes again if the other one fails.";
    /// The replay store has no room.
    ReplayStoreFull = "replay_store_full", Config, 500, "replay store is full",
        "Give the store more room, or tighten the tolerance: it forgets nothing that could still be replayed.";
    /// No handler would see the event.
    HandlersMissing = "handlers_missing", Caller, 500, "no handler was added, so the event would be lost",
        "Call `on`, `onAny` or `onUnknown` on the receiver before the first delivery comes.";
    /// A handler was added for an event type that this release does not know.
    EventTypeUnknown {
        /// The event type.
        event_type: String,
    } = "event_type_unknown", Caller, 500, "event type `{event_type}` is not one that this release knows",
        "Correct its spelling; for event types that are newer than this release there is `onUnknown`.";
    /// The `headers` argument is not a request's headers.
    HeadersInvalid {
        /// What was passed instead.
        found: String,
    } = "headers_invalid", Caller, 500, "headers is {found}, not the request's headers",
        "Pass all headers of the request: an object, a Map, Headers, or a list of pairs.";
    /// The core was not loaded, or the environment lacks what it needs.
    CoreMissing {
        /// What is missing.
        problem: String,
    } = "core_missing", Caller, 500, "the core cannot be used: {problem}",
        "Import `mambo-webhooks`, or call `init` of `mambo-webhooks/slim` first; docs/TROUBLESHOOTING.md names what an environment needs.";
    /// The time given as now is not a time.
    NowInvalid = "now_invalid", Caller, 500, "now is not a whole number of milliseconds since 1970",
        "Pass Date.now() or nothing.";
    /// The core stopped in a way it never should.
    CoreTrapped = "core_trapped", Library, 500, "the core stopped on this input and was started again",
        "This is a defect of the SDK: please report it.";
}

impl core::error::Error for Error {}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Error {
    /// The HTTP status to answer: 200, 400, 401, 409, 413, 415 or 500. A 5xx asks the sender for another attempt.
    #[must_use]
    pub const fn http_status(&self) -> u16 {
        self.code().http_status()
    }
}
