//! Every code with its exact sentence and fault.

use mambo_webhooks::error::Millis;
use mambo_webhooks::error::ProblemCount;
use mambo_webhooks::{Code, Error, Fault};

fn table() -> Vec<(Error, &'static str, Fault, &'static str)> {
    use Fault::{Caller, Config, Library, Peer};
    let header = || "x-mambo-signature".to_owned();
    let key = || "2026".to_owned();
    vec![
        (Error::HeaderMissing { header: header() }, "header_missing", Peer, "header x-mambo-signature is missing"),
        (
            Error::HeaderRepeated { header: header(), count: 2 },
            "header_repeated",
            Peer,
            "header x-mambo-signature came 2 times, expected once",
        ),
        (
            Error::HeaderTooLarge { header: header(), bytes: 8193, allowed: 8192 },
            "header_too_large",
            Peer,
            "header x-mambo-signature is 8193 bytes, allowed 8192",
        ),
        (
            Error::HeaderMalformed { header: header(), expected: "`=`".into(), at: 3 },
            "header_malformed",
            Peer,
            "header x-mambo-signature: expected `=` at byte 3",
        ),
        (
            Error::TimestampMissing { header: header() },
            "timestamp_missing",
            Peer,
            "header x-mambo-signature holds no timestamp",
        ),
        (
            Error::TimestampMalformed { expected: "a whole number", at: 4 },
            "timestamp_malformed",
            Peer,
            "timestamp is malformed: expected a whole number at byte 4",
        ),
        (Error::TimestampNegative, "timestamp_negative", Peer, "timestamp is negative"),
        (Error::TimestampOverflow, "timestamp_overflow", Peer, "timestamp does not fit 64 bits of milliseconds"),
        (
            Error::TimestampTooOld { age: Millis(412_000), allowed: Millis(300_000) },
            "timestamp_too_old",
            Peer,
            "timestamp is 412 s old, allowed 300 s",
        ),
        (
            Error::TimestampTooNew { ahead: Millis(300_001), allowed: Millis(300_000) },
            "timestamp_too_new",
            Peer,
            "timestamp is 300.001 s ahead, allowed 300 s",
        ),
        (
            Error::SignatureMissing { header: header() },
            "signature_missing",
            Peer,
            "header x-mambo-signature holds no signature",
        ),
        (
            Error::SignatureMalformed { number: 1, of: 3, expected: "64 hex digits", bytes: 63 },
            "signature_malformed",
            Peer,
            "signature 1 of 3 is not 64 hex digits: it is 63 bytes",
        ),
        (
            Error::SignatureUppercase { number: 1, of: 1 },
            "signature_uppercase",
            Peer,
            "signature 1 of 1 is upper-case hex, expected lower case",
        ),
        (Error::SignaturesTooMany { allowed: 32 }, "signatures_too_many", Peer, "header holds more than 32 signatures"),
        (
            Error::SignatureMismatch { signatures: 2, keys: 1 },
            "signature_mismatch",
            Peer,
            "none of 2 signatures matches any of 1 keys",
        ),
        (
            Error::SignatureAmbiguous,
            "signature_ambiguous",
            Peer,
            "signature matches only without a separator, and the body does not show where the timestamp ends",
        ),
        (Error::BodyTooLarge { allowed: 1_048_576 }, "body_too_large", Peer, "body is over 1048576 bytes"),
        (
            Error::BodyParsed { found: "an object".into() },
            "body_parsed",
            Caller,
            "body is an object, not the received bytes: read the raw body before any JSON middleware",
        ),
        (
            Error::BodyEncoding { problem: "malformed gzip" },
            "body_encoding",
            Peer,
            "body cannot be decoded: malformed gzip",
        ),
        (Error::BodyNotUtf8 { at: 7 }, "body_not_utf8", Peer, "body is not UTF-8 at byte 7"),
        (Error::BodyNotJson { line: 1, column: 6 }, "body_not_json", Peer, "body is not JSON at line 1 column 6"),
        (Error::SecretEmpty { key: key() }, "secret_empty", Config, "secret of key `2026` is empty"),
        (
            Error::SecretShort { key: key(), bytes: 15, needed: 16 },
            "secret_short",
            Config,
            "secret of key `2026` is 15 bytes, needs 16",
        ),
        (
            Error::SecretMalformed { key: key(), problem: "is not hex" },
            "secret_malformed",
            Config,
            "secret of key `2026` is not hex",
        ),
        (Error::KeyIdMalformed, "key_id_malformed", Config, "key id is not 1 to 64 printable ASCII characters"),
        (Error::KeyRepeated { key: key() }, "key_repeated", Config, "key id `2026` is used twice"),
        (Error::KeysMissing, "keys_missing", Config, "key ring is empty"),
        (Error::KeysTooMany { count: 17, allowed: 16 }, "keys_too_many", Config, "key ring has 17 keys, allowed 16"),
        (Error::KeysInactive { keys: 2 }, "keys_inactive", Config, "none of 2 keys is valid at this time"),
        (
            Error::TimestampUnsigned,
            "timestamp_unsigned",
            Config,
            "the profile has no timestamp, so no tolerance bounds replays",
        ),
        (
            Error::ProfileInvalid {
                count: ProblemCount(1),
                first: "expected 1 to 4 templates at /scheme/signedTexts".into(),
            },
            "profile_invalid",
            Config,
            "profile: expected 1 to 4 templates at /scheme/signedTexts",
        ),
        (
            Error::OptionsInvalid { count: ProblemCount(2), first: "expected text at /eventType".into() },
            "options_invalid",
            Config,
            "options: expected text at /eventType (1 of 2 problems)",
        ),
        (
            Error::RegistryInvalid { count: ProblemCount(3), first: "expected format 1 at /format".into() },
            "registry_invalid",
            Config,
            "registry: expected format 1 at /format (1 of 3 problems)",
        ),
        (
            Error::SamplesInvalid { count: ProblemCount(1), first: "there is no pair".into() },
            "samples_invalid",
            Caller,
            "samples: there is no pair",
        ),
        (
            Error::ShimConflict { change: "c7".into(), at: "/points".into(), problem: "both names are present" },
            "shim_conflict",
            Peer,
            "change `c7` does not fit at /points: both names are present",
        ),
        (Error::DeliveryReplayed, "delivery_replayed", Peer, "delivery was already handled"),
        (Error::DeliveryPending, "delivery_pending", Peer, "delivery is being handled right now"),
        (Error::ReplayStoreFull, "replay_store_full", Config, "replay store is full"),
        (Error::HandlersMissing, "handlers_missing", Caller, "no handler was added, so the event would be lost"),
        (
            Error::EventTypeUnknown { event_type: "Pong".into() },
            "event_type_unknown",
            Caller,
            "event type `Pong` is not one that this release knows",
        ),
        (
            Error::HeadersInvalid { found: "a string".into() },
            "headers_invalid",
            Caller,
            "headers is a string, not the request's headers",
        ),
        (
            Error::CoreMissing { problem: "no entry file was imported".into() },
            "core_missing",
            Caller,
            "the core cannot be used: no entry file was imported",
        ),
        (Error::NowInvalid, "now_invalid", Caller, "now is not a whole number of milliseconds since 1970"),
        (Error::CoreTrapped, "core_trapped", Library, "the core stopped on this input and was started again"),
    ]
}

#[test]
fn every_code_has_its_sentence_and_fault() {
    let table = table();
    let codes: Vec<Code> = table.iter().map(|(error, ..)| error.code()).collect();
    assert_eq!(codes, Code::ALL, "the table above has every code once, in order");
    for (error, code, fault, sentence) in table {
        assert_eq!(error.code().as_str(), code);
        assert_eq!(error.code().fault(), fault, "{code}");
        assert_eq!(error.to_string(), sentence, "{code}");
    }
}

#[test]
fn the_page_of_codes_is_the_table() {
    let mut page = concat!(
        "# Codes\n\n",
        "Every failure of a receiver has a stable code, the same in Rust and JavaScript; those of the sender are in\n",
        "[SENDER.md](SENDER.md). Its fault says who has to change something: `peer` sent the delivery, `caller` is the code\n",
        "that calls this library, `config` is a setting, `library` is a defect here. The status is what the adapters answer;\n",
        "`error.status` and `Error::http_status` have it for your own routes.\n\n",
        "| code | fault | status | sentence | what to do |\n|---|---|---|---|---|\n",
    )
    .to_owned();
    for code in Code::ALL {
        let (sentence, fault) = (code.template(), code.fault().as_str());
        page += &format!("| `{code}` | {fault} | {} | {sentence} | {} |\n", code.http_status(), code.advice());
    }
    is_written("docs/CODES.md", &page);
}

#[test]
fn the_table_of_the_npm_package_is_this_one() {
    let codes: String = Code::ALL.iter().map(|code| format!("\n  | \"{code}\"")).collect();
    let mut table = [
        "// Written by tests/rust/messages.rs from src/error.rs: MAMBO_BLESS=1 cargo test --test rust messages.\n\n",
        "/** Who has to change something so that a failure ends. */\n",
        "export type Fault = \"peer\" | \"caller\" | \"config\" | \"library\";\n\n",
        "/** The stable name of a failure; docs/CODES.md has them all. */\nexport type ErrorCode =",
        &codes,
        ";\n\n/** @internal Whose fault it is, the HTTP status to answer, the sentence with `{places}` to fill, and what to do. */\n",
        "export interface ErrorRow {\n  readonly fault: Fault;\n  readonly status: number;\n  readonly message: string;\n",
        "  readonly advice: string;\n}\n\n",
        "/** @internal Every failure. */\nexport const ERRORS: Readonly<Record<ErrorCode, ErrorRow>> = {\n",
    ]
    .concat();
    for code in Code::ALL {
        let (fault, status) = (code.fault().as_str(), code.http_status());
        table += &format!("  {code}: {{\n    fault: \"{fault}\",\n    status: {status},\n");
        table += &format!("    message: {:?},\n", code.template());
        let advice = format!("    advice: {:?},\n", code.advice());
        // As Prettier prints it.
        let is_long = advice.len() > 141;
        table += &if is_long { advice.replacen("advice: ", "advice:\n      ", 1) } else { advice };
        table += "  },\n";
    }
    is_written("js/src/error-table.ts", &[&table, "};\n"].concat());
}

/// A file that is made from the table; `MAMBO_BLESS=1` writes it anew.
pub fn is_written(name: &str, text: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("MAMBO_BLESS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), text, "MAMBO_BLESS=1 writes {name} anew");
}

#[test]
fn advice_is_a_sentence_of_its_own() {
    for code in Code::ALL {
        let advice = code.advice();
        assert!(advice.ends_with('.') && advice.len() > 20, "{code}: {advice}");
    }
}
