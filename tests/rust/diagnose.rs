//! Each cause of a refusal is found and named; nothing is accepted, nothing secret is shown, work is bounded.

use mambo_webhooks::diagnose::{Cause, Diagnosis};
use mambo_webhooks::key::Encoding;
use mambo_webhooks::key::SecretPolicy;
use mambo_webhooks::profile::{Scheme, TimestampUnit};
use mambo_webhooks::sign;
use mambo_webhooks::{Code, Headers, Key, KeyRing, Profile, Receiver, UnixMillis};

const SECRET: &str = "correct horse battery staple";
const BODY: &str = r#"{"event":"Ping","data":{"message":"ping","list":[1,{"a":"b c"}],"empty":{}}}"#;
const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

fn ring(secret: &str, encoding: Encoding) -> KeyRing {
    KeyRing::new(vec![Key::new("main", secret, encoding, SecretPolicy::Strong).unwrap()]).unwrap()
}

fn signed(body: &[u8]) -> String {
    sign(&Scheme::default(), &ring(SECRET, Encoding::Utf8), body, NOW).unwrap()
}

fn examine(receiver: &Receiver, headers: &dyn Headers, body: &[u8], now: UnixMillis) -> Diagnosis {
    let diagnosis = receiver.diagnose(headers, body, now);
    let refusal = receiver.receive(headers, body, now).err();
    assert_eq!(diagnosis.error, refusal, "diagnosis and receive say the same");
    let shown = format!("{diagnosis} {diagnosis:?}");
    assert!(!shown.contains("horse") && !shown.contains("message"), "{shown}");
    assert!(diagnosis.hashes <= 400, "{} hashes", diagnosis.hashes);
    diagnosis
}

#[track_caller]
fn causes(receiver: &Receiver, headers: &dyn Headers, body: &[u8], now: UnixMillis, code: Code, expected: &[&str]) {
    let diagnosis = examine(receiver, headers, body, now);
    assert_eq!(diagnosis.error.unwrap().code(), code);
    let found: Vec<String> = diagnosis.causes.iter().map(ToString::to_string).collect();
    assert_eq!(found, expected);
}

fn receiver() -> Receiver {
    Receiver::new(ring(SECRET, Encoding::Utf8))
}

#[test]
fn a_body_that_was_changed_on_the_way() {
    let indented = serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(BODY).unwrap()).unwrap();
    let compact = serde_json::from_str::<serde_json::Value>(BODY).unwrap().to_string();
    let windows = indented.replace('\n', "\r\n");
    for (sent, received, what) in [
        (indented.clone(), compact.clone(), "the JSON was parsed and printed again"),
        (compact.clone(), indented.clone(), "the JSON was parsed and printed again"),
        (compact.clone(), indented.replace("  ", "    "), "the JSON was parsed and printed again"),
        (indented.replace("  ", "    "), compact.clone(), "the JSON was parsed and printed again"),
        (compact.replace(',', ", ").replace(':', ": "), compact.clone(), "the JSON was parsed and printed again"),
        (compact.clone(), format!("{compact}\n"), "a line end or blank was added at the end"),
        (format!("{compact}\n"), compact.clone(), "a line end was removed at the end"),
        (format!("{compact}\r\n"), compact.clone(), "a line end was removed at the end"),
        (windows.clone(), indented.clone(), "line ends were changed from CRLF to LF"),
        (format!("\u{feff}{compact}"), compact.clone(), "a byte order mark was removed"),
        (compact.clone(), format!("\u{feff}{compact}"), "a byte order mark was added"),
    ] {
        let headers = [("x-mambo-signature", signed(sent.as_bytes()))];
        let diagnosis = examine(&receiver(), &headers, received.as_bytes(), NOW);
        assert_eq!(diagnosis.error.unwrap().code(), Code::SignatureMismatch);
        assert!(diagnosis.causes.contains(&Cause::Body(what)), "{what}: {:?}", diagnosis.causes);
    }
    let headers = [("x-mambo-signature", signed(indented.as_bytes()))];
    let diagnosis = examine(&receiver(), &headers, windows.as_bytes(), NOW);
    assert!(diagnosis.causes.contains(&Cause::Body("line ends were changed from LF to CRLF")));
}

#[test]
fn a_secret_that_was_mistaken() {
    let headers = [("x-mambo-signature", signed(BODY.as_bytes()))];
    let hex = "636f727265637420686f727365206261747465727920737461706c65".to_owned();
    let base64 = "Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZQ==";
    let mistaken = |secret: &str| Receiver::new(ring(secret, Encoding::Utf8));
    for (secret, cause) in [
        (format!(" {SECRET} "), "key `main` fits once the blanks around the secret are removed"),
        (format!("\"{SECRET}\""), "key `main` fits once the quotes around the secret are removed"),
        (hex.clone(), "key `main` fits once the secret is read as hex: set `encoding` to `hex`"),
        (base64.into(), "key `main` fits once the secret is read as base64: set `encoding` to `base64`"),
        (format!("whsec_{base64}"), "key `main` fits once the secret is read as base64: set `encoding` to `base64`"),
        (
            format!("secret_{base64}"),
            "key `main` fits once the part behind `_` is read as base64: give that part, and set `encoding` to `base64`",
        ),
    ] {
        causes(&mistaken(&secret), &headers, BODY.as_bytes(), NOW, Code::SignatureMismatch, &[cause]);
    }
    let by_text = |text: &str| {
        let keys = ring(text, Encoding::Utf8);
        [("x-mambo-signature", sign(&Scheme::default(), &keys, BODY.as_bytes(), NOW).unwrap())]
    };
    let receiver = Receiver::new(ring(&hex, Encoding::Hex));
    let cause = "key `main` fits once the secret is read as text, not as hex: set `encoding` to `utf8`";
    causes(&receiver, &by_text(&hex), BODY.as_bytes(), NOW, Code::SignatureMismatch, &[cause]);
    let receiver = Receiver::new(ring(base64, Encoding::Base64));
    let cause = "key `main` fits once the secret is read as text, not as base64: set `encoding` to `utf8`";
    causes(&receiver, &by_text(base64), BODY.as_bytes(), NOW, Code::SignatureMismatch, &[cause]);
}

#[test]
fn a_key_that_is_not_valid_now() {
    let old = Key::new("old", SECRET, Encoding::Utf8, SecretPolicy::Strong).unwrap();
    let old = old.valid(None, Some(UnixMillis(NOW.0 - 1)));
    let new = Key::new("new", "another secret of good length", Encoding::Utf8, SecretPolicy::Strong).unwrap();
    let headers = [("x-mambo-signature", signed(BODY.as_bytes()))];
    let both = Receiver::new(KeyRing::new(vec![new, old.clone()]).unwrap());
    let cause = ["key `old` fits, but is not valid at this time"];
    causes(&both, &headers, BODY.as_bytes(), NOW, Code::SignatureMismatch, &cause);
    let alone = Receiver::new(KeyRing::new(vec![old]).unwrap());
    causes(&alone, &headers, BODY.as_bytes(), NOW, Code::KeysInactive, &cause);
}

#[test]
fn another_separator() {
    let scheme = Scheme { signed_texts: vec!["{timestamp}:{body}".parse().unwrap()], ..Scheme::default() };
    let value = sign(&scheme, &ring(SECRET, Encoding::Utf8), BODY.as_bytes(), NOW).unwrap();
    let headers = [("x-mambo-signature", value)];
    let cause = ["`:` stands between timestamp and body"];
    causes(&receiver(), &headers, BODY.as_bytes(), NOW, Code::SignatureMismatch, &cause);
    let scheme = Scheme { signed_texts: vec!["{timestamp}.{body}".parse().unwrap()], ..Scheme::default() };
    let strict = receiver().profile(Profile { scheme, ..Profile::default() }).unwrap();
    let scheme = Scheme { signed_texts: vec!["{timestamp}{body}".parse().unwrap()], ..Scheme::default() };
    let value = sign(&scheme, &ring(SECRET, Encoding::Utf8), BODY.as_bytes(), NOW).unwrap();
    let cause = ["nothing stands between timestamp and body"];
    let headers = [("x-mambo-signature", value)];
    causes(&strict, &headers, BODY.as_bytes(), NOW, Code::SignatureMismatch, &cause);
}

#[test]
fn a_header_elsewhere_or_joined() {
    let value = signed(BODY.as_bytes());
    let renamed = [("X-Forwarded-Mambo-Signature", value.as_str()), ("host", "localhost")];
    let cause = ["header x-forwarded-mambo-signature holds what looks like a signature"];
    causes(&receiver(), &renamed, BODY.as_bytes(), NOW, Code::HeaderMissing, &cause);
    causes(&receiver(), &[("host", "localhost")], BODY.as_bytes(), NOW, Code::HeaderMissing, &[]);
    let joined = [("x-mambo-signature", format!("{value}, {value}"))];
    let cause = ["the header is two headers, joined on the way, of which one fits"];
    causes(&receiver(), &joined, BODY.as_bytes(), NOW, Code::HeaderRepeated, &cause);
}

#[test]
fn a_body_that_middleware_changed() {
    let signed_body = r#"{"url":"https://mambo.io/a","name":"Zo\u00eb","n":[1, 2]}"#;
    let php = r#"{"url":"https:\/\/mambo.io\/a","name":"Zo\u00eb"}"#;
    let latin = "{\"name\":\"Zoë\"}";
    let mojibake: String = latin.bytes().map(char::from).collect();
    let printed = "the body is not what was signed: the JSON was parsed and printed again";
    for (sent, received, cause) in [
        (
            php.as_bytes(),
            r#"{"url":"https://mambo.io/a","name":"Zoë"}"#.as_bytes(),
            [printed, ", with other escapes"].concat(),
        ),
        (
            signed_body.as_bytes(),
            "{\"url\":\"https://mambo.io/a\",\"name\":\"Zoë\",\"n\":[1, 2]}".as_bytes(),
            [printed, ", with other escapes"].concat(),
        ),
        (
            BODY.as_bytes(),
            b"eyJldmVudCI6IlBpbmciLCJkYXRhIjp7Im1lc3NhZ2UiOiJwaW5nIiwibGlzdCI6WzEseyJhIjoiYiBjIn1dLCJlbXB0eSI6e319fQ=="
                .as_slice(),
            "the body is not what was signed: it is base64 of what was signed".into(),
        ),
        (
            latin.as_bytes(),
            mojibake.as_bytes(),
            "the body is not what was signed: it was read as Latin-1 and written as UTF-8".into(),
        ),
        (
            latin.as_bytes(),
            b"{\"name\":\"Zo\xeb\"}".as_slice(),
            "the body is not what was signed: it was written in Latin-1 instead of UTF-8".into(),
        ),
        (BODY.as_bytes(), b"".as_slice(), "the body is empty: something read it before the receiver did".into()),
        (BODY.as_bytes(), b"\x1f\x8b\x08".as_slice(), "the body is compressed: undo its Content-Encoding first".into()),
    ] {
        let headers = [("x-mambo-signature", signed(sent))];
        causes(&receiver(), &headers, received, NOW, Code::SignatureMismatch, &[&cause]);
    }
}

#[test]
fn a_header_of_another_form() {
    let value = signed(BODY.as_bytes());
    let cause = ["the header is of another form, and fits: detect prints the profile"];
    for (other, code) in [
        (value.replace(',', ";"), Code::TimestampMalformed),
        (value.replace('=', ":"), Code::HeaderMalformed),
        (value.replace("t=", "").replace(",v1=", "."), Code::HeaderMalformed),
        (value.replace("t=", "at="), Code::TimestampMissing),
        (value.replace("v1=", "hash="), Code::SignatureMissing),
        (value.to_uppercase().replace("T=", "t=").replace("V1=", "v1="), Code::SignatureUppercase),
    ] {
        causes(&receiver(), &[("x-mambo-signature", other)], BODY.as_bytes(), NOW, code, &cause);
    }
    let forged = "at=1700000000,v1=".to_owned() + &"0".repeat(64);
    causes(&receiver(), &[("x-mambo-signature", forged)], BODY.as_bytes(), NOW, Code::TimestampMissing, &[]);
}

#[test]
fn a_clock_that_is_wrong_and_a_unit_that_is_mistaken() {
    let headers = [("x-mambo-signature", signed(BODY.as_bytes()))];
    let later = UnixMillis(NOW.0 + 3_600_000);
    let cause = ["the sender's clock is 3600 s behind this one, or the delivery was held up"];
    causes(&receiver(), &headers, BODY.as_bytes(), later, Code::TimestampTooOld, &cause);
    let earlier = UnixMillis(NOW.0 - 3_600_000);
    let cause = ["the sender's clock is 3600 s ahead of this one, or the delivery was held up"];
    causes(&receiver(), &headers, BODY.as_bytes(), earlier, Code::TimestampTooNew, &cause);
    let scheme = Scheme { unit: TimestampUnit::Milliseconds, ..Scheme::default() };
    let millis = receiver().profile(Profile { scheme, ..Profile::default() }).unwrap();
    causes(&millis, &headers, BODY.as_bytes(), NOW, Code::TimestampTooOld, &["the timestamp is in seconds"]);
}

#[test]
fn work_is_bounded_with_every_key_and_separator() {
    let key = |index: usize| {
        Key::new(&format!("k{index}"), "another secret of good length", Encoding::Utf8, SecretPolicy::Strong).unwrap()
    };
    let keys = KeyRing::new((0..16).map(key).collect()).unwrap();
    let profile = Profile::from_json(r#"{"scheme":{"signedTexts":["{timestamp}.{body}","{timestamp}{body}","{timestamp}:{body}","{timestamp}|{body}"]}}"#).unwrap();
    let receiver = Receiver::new(keys).profile(profile).unwrap();
    let diagnosis = receiver.diagnose(&[("x-mambo-signature", signed(BODY.as_bytes()))], BODY.as_bytes(), NOW);
    assert_eq!((diagnosis.error.unwrap().code(), diagnosis.hashes), (Code::SignatureMismatch, 512));
}

#[test]
fn nothing_to_explain_and_nothing_that_explains() {
    let headers = [("x-mambo-signature", signed(BODY.as_bytes()))];
    let fine = examine(&receiver(), &headers, BODY.as_bytes(), NOW);
    assert_eq!((fine.error.as_ref(), fine.causes.len(), fine.hashes), (None, 0, 0));
    assert_eq!(fine.to_string(), "the delivery is accepted");
    causes(&receiver(), &headers, b"{}", NOW, Code::SignatureMismatch, &[]);
    let large = receiver().max_body_bytes(8);
    let cause = ["the signature fits: raise the receiver's limit, which is 8 bytes"];
    causes(&large, &headers, BODY.as_bytes(), NOW, Code::BodyTooLarge, &cause);
    let joined = [("x-mambo-signature", [headers[0].1.as_str(), headers[0].1.as_str()].join(", "))];
    causes(&large, &joined, BODY.as_bytes(), NOW, Code::BodyTooLarge, &[]);
}
