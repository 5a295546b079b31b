//! Hostile sizes end early: nothing is hashed for a header that no honest sender makes, and a body is hashed a fixed
//! number of times, however many signatures there are.

use mambo_webhooks::internal::limits::{MAX_KEYS, MAX_SIGNED_TEXTS};
use mambo_webhooks::key::Encoding;
use mambo_webhooks::key::SecretPolicy;
use mambo_webhooks::{Code, Key, KeyRing, Profile, Receiver, UnixMillis};

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

fn code(receiver: &Receiver, value: &[u8], body: &[u8]) -> Code {
    receiver.receive(&[("x-mambo-signature", value)], body, NOW).unwrap_err().code()
}

#[test]
fn large_headers_and_many_signatures() {
    let receiver = Receiver::new(KeyRing::single("a secret of at least 16 bytes").unwrap());
    assert_eq!(code(&receiver, &vec![b'a'; 10 * 1024 * 1024], b"{}"), Code::HeaderTooLarge);
    let signature = format!(",v1={}", "0".repeat(64));
    let many = |count: usize| format!("t=1700000000{}", signature.repeat(count));
    assert_eq!(code(&receiver, many(32).as_bytes(), b"{}"), Code::SignatureMismatch);
    assert_eq!(code(&receiver, many(33).as_bytes(), b"{}"), Code::SignaturesTooMany);
    assert_eq!(code(&receiver, many(1000).as_bytes(), b"{}"), Code::HeaderTooLarge);
}

#[test]
fn a_body_at_the_limit_and_one_beyond() {
    let receiver = Receiver::new(KeyRing::single("a secret of at least 16 bytes").unwrap());
    let header = format!("t=1700000000,v1={}", "0".repeat(64));
    let mut body = vec![b' '; 1024 * 1024];
    assert_eq!(code(&receiver, header.as_bytes(), &body), Code::SignatureMismatch);
    body.push(b' ');
    assert_eq!(code(&receiver, header.as_bytes(), &body), Code::BodyTooLarge);
}

#[test]
fn the_work_on_one_delivery_has_a_ceiling() {
    // Sixteen keys, four signed texts: sixty-four hashes of the body, for one signature and for thirty-two.
    let key = |index: usize| {
        Key::new(&format!("k{index}"), "a secret of at least 16 bytes", Encoding::Utf8, SecretPolicy::Strong).unwrap()
    };
    let keys = KeyRing::new((0..MAX_KEYS).map(key).collect()).unwrap();
    let text = |separator: &str| format!("\"{{timestamp}}{separator}{{body}}\"");
    let mut texts: Vec<String> = [".", "", ":", "|"].map(text).to_vec();
    let profile = Profile::from_json(&format!(r#"{{"scheme":{{"signedTexts":[{}]}}}}"#, texts.join(","))).unwrap();
    assert_eq!((keys.keys().len(), profile.scheme.signed_texts.len()), (MAX_KEYS, MAX_SIGNED_TEXTS));
    let receiver = Receiver::new(keys).profile(profile).unwrap();
    let header = format!("t=1700000000,v1={}", "0".repeat(64));
    assert_eq!(code(&receiver, header.as_bytes(), b"{}"), Code::SignatureMismatch);
    texts.push(text("-"));
    let more = Profile::from_json(&format!(r#"{{"scheme":{{"signedTexts":[{}]}}}}"#, texts.join(",")));
    assert_eq!(more.unwrap_err().to_string(), "profile: expected 1 to 4 templates at /scheme/signedTexts");
}

#[test]
fn a_body_made_to_grow_when_it_is_printed_again_does_not() {
    use mambo_webhooks::internal::json::{Style, reformat};
    let body = ["[".repeat(64), "1,".repeat(400_000), "1".into(), "]".repeat(64)].concat();
    assert_eq!(reformat(&body, Style::Indented(4)), None);
    assert_eq!(reformat(&body, Style::Compact).as_deref(), Some(body.as_str()));
}

#[test]
fn depth_and_repetition_in_a_body_do_no_harm() {
    use mambo_webhooks::Verified;
    let receiver = Receiver::new(KeyRing::single("a secret of at least 16 bytes").unwrap());
    let deep = ["[".repeat(200_000), "]".repeat(200_000)].concat();
    for body in [
        deep.clone(),
        format!("{{\"event\":\"Ping\",\"data\":{deep}}}"),
        format!("{{{}\"a\":1}}", "\"a\":1,".repeat(100_000)),
    ] {
        let received = receiver.open(Verified::assume_verified(body.as_bytes(), NOW), &[("a", "b")]).unwrap();
        assert!(!received.event.json().is_empty());
        let header = format!("t=1700000000,v1={}", "0".repeat(64));
        let diagnosis = receiver.diagnose(&[("x-mambo-signature", header)], body.as_bytes(), NOW);
        assert_eq!(diagnosis.error.unwrap().code(), Code::SignatureMismatch);
    }
}
