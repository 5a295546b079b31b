//! One captured delivery gives the profile that it was made with, over grammars, separators, units and encodings.

use mambo_webhooks::diagnose::{detect, field_hints, undecided};
use mambo_webhooks::key::Encoding;
use mambo_webhooks::key::SecretPolicy;
use mambo_webhooks::profile::{Grammar, Scheme, SequenceOrder, SignatureEncoding, TimestampUnit};
use mambo_webhooks::sign;
use mambo_webhooks::{Error, Key, KeyRing, Profile, Receiver, UnixMillis};

const BODY: &str = r#"{"id":"e-1","type":"ActivityCreated","apiVersion":"8.10.2","createdOn":"2023-11-14T22:13:20Z","payload":{"id":"a-1"}}"#;
const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

fn schemes() -> Vec<Scheme> {
    let pairs = |delimiter, assign, stamp: &str, tag: &str| Grammar::Pairs {
        delimiter,
        assign,
        timestamp_keys: vec![stamp.into()],
        signature_keys: vec![tag.into()],
        is_quoted: false,
    };
    let mut grammars = vec![
        pairs(',', '=', "t", "v1"),
        pairs(',', '=', "ts", "sig"),
        pairs(';', '=', "timestamp", "hash"),
        pairs('&', '=', "time", "hmac-sha256"),
        pairs(' ', '=', "t", "s"),
        pairs(',', ':', "t", "s"),
    ];
    for delimiter in ['.', ':', ',', ' ', '|', '-', ';'] {
        grammars.push(Grammar::Sequence { delimiter, order: SequenceOrder::TimestampFirst });
        grammars.push(Grammar::Sequence { delimiter, order: SequenceOrder::SignatureFirst });
    }
    let mut grammars: Vec<(Grammar, &str)> = grammars.into_iter().map(|grammar| (grammar, "")).collect();
    grammars.push((Grammar::Sequence { delimiter: ',', order: SequenceOrder::TimestampFirst }, "sha256="));
    grammars.push((pairs(',', '=', "t", "v1"), "sha256="));
    let mut schemes = Vec::new();
    for (grammar, _) in &grammars {
        let Grammar::Sequence { .. } = grammar else { continue };
        schemes.push(Scheme {
            grammar: grammar.clone(),
            scheme_word: "HMAC".into(),
            unit: TimestampUnit::Seconds,
            signed_texts: vec!["{timestamp}.{body}".parse().unwrap()],
            ..Scheme::default()
        });
    }
    for (grammar, prefix) in grammars {
        for separator in [".", "", ":", "\n", "|", " "] {
            for unit in [TimestampUnit::Seconds, TimestampUnit::Milliseconds] {
                for signature_encoding in [SignatureEncoding::Hex, SignatureEncoding::HexUpper] {
                    let signed_texts = vec![format!("{{timestamp}}{separator}{{body}}").parse().unwrap()];
                    schemes.push(Scheme {
                        grammar: grammar.clone(),
                        signature_prefix: prefix.into(),
                        signed_texts,
                        unit,
                        signature_encoding,
                        ..Scheme::default()
                    });
                }
            }
        }
    }
    schemes
}

#[test]
fn every_scheme_of_the_bounded_set_is_found() {
    let secrets =
        [("0123456789abcdef0123456789abcdef", Encoding::Hex), ("correct horse battery staple", Encoding::Utf8)];
    for scheme in schemes() {
        for (index, (secret, encoding)) in secrets.iter().enumerate() {
            let keys = KeyRing::new(vec![Key::new("k", secret, *encoding, SecretPolicy::Strong).unwrap()]).unwrap();
            let value = sign(&scheme, &keys, BODY.as_bytes(), NOW).unwrap();
            let headers = [("Host", "localhost".to_owned()), ("X-Mambo-Signature", value)];
            let found = detect(&headers, BODY.as_bytes(), &[secrets[0].0, secrets[1].0], NOW).unwrap().profiles;
            let exact = found.iter().find(|found| found.profile.scheme == scheme && found.encoding == *encoding);
            let exact = exact.unwrap_or_else(|| panic!("{scheme:?} was not found: {found:?}"));
            assert_eq!((exact.secret, exact.timestamp, exact.is_recent), (index, NOW, true));
            // The profile, through its JSON, accepts the delivery, and nothing else about it.
            let profile = Profile::from_json(&exact.profile.to_json()).unwrap();
            assert_eq!(profile, exact.profile);
            let receiver = Receiver::new(keys.clone()).profile(profile).unwrap();
            let received = receiver.receive(&headers, BODY.as_bytes(), NOW).unwrap();
            assert_eq!(received.event.event_type(), Some("ActivityCreated"));
            assert_eq!((received.id.as_deref(), received.event.json()), (Some("e-1"), r#"{"id":"a-1"}"#));
            assert_eq!(received.received_version.unwrap().to_string(), "8.10.2");
            assert_eq!(received.time, Some("\"2023-11-14T22:13:20Z\""));
            // A few readings of one header can be the same thing; none of them may accept another body.
            let forged = BODY.replace("a-1", "a-2");
            assert!(receiver.receive(&headers, forged.as_bytes(), NOW).is_err());
        }
    }
}

#[test]
fn where_the_parts_of_an_envelope_seem_to_be() {
    let seen: Vec<String> =
        field_hints(BODY.as_bytes()).iter().map(|seen| format!("{} {}", seen.what, seen.at)).collect();
    assert_eq!(
        seen,
        ["id /id", "type /type", "version /apiVersion", "time /createdOn", "data /payload", "id /payload/id"]
    );
    let meta = br#"{"meta":{"event":"Ping","version":"8.0.3","at":1700000000},"data":{}}"#;
    let seen: Vec<String> = field_hints(meta).iter().map(|seen| format!("{} {}", seen.what, seen.at)).collect();
    assert_eq!(seen, ["type /meta/event", "version /meta/version", "time /meta/at", "data /data"]);
    assert_eq!(field_hints(b"[]"), []);
    assert_eq!(field_hints(b"not JSON"), []);
}

#[test]
fn a_type_inside_the_model_makes_the_whole_body_the_data() {
    let body = r#"{"event":"NotificationRead","id":"n-1"}"#;
    let keys = KeyRing::single("correct horse battery staple").unwrap();
    let value = sign(&Scheme::default(), &keys, body.as_bytes(), NOW).unwrap();
    let headers = [("x-mambo-signature", value)];
    let found = detect(&headers, body.as_bytes(), &["correct horse battery staple"], NOW).unwrap().profiles;
    let receiver = Receiver::new(keys).profile(found[0].profile.clone()).unwrap();
    let received = receiver.receive(&headers, body.as_bytes(), NOW).unwrap();
    assert_eq!((received.event.event_type(), received.event.json()), (Some("NotificationRead"), body));
}

#[test]
fn other_pairs_beside_the_two_that_count() {
    let keys = KeyRing::single("correct horse battery staple").unwrap();
    let value = sign(&Scheme::default(), &keys, BODY.as_bytes(), NOW).unwrap();
    let value = format!("v=1, kid={}, {}", "ab".repeat(32), value.replace(',', " , "));
    let headers = [("x-mambo-signature", value)];
    let found = detect(&headers, BODY.as_bytes(), &["correct horse battery staple"], NOW).unwrap().profiles;
    let receiver = Receiver::new(keys).profile(found[0].profile.clone()).unwrap();
    assert!(receiver.receive(&headers, BODY.as_bytes(), NOW).is_ok());
}

#[test]
fn what_does_not_fit_is_not_found_and_hostile_input_is_bounded() {
    let keys = KeyRing::single("correct horse battery staple").unwrap();
    let value = sign(&Scheme::default(), &keys, BODY.as_bytes(), NOW).unwrap();
    let headers = [("x-mambo-signature", value)];
    assert_eq!(detect(&headers, BODY.as_bytes(), &["another secret"], NOW).unwrap().profiles, []);
    assert_eq!(detect(&headers, b"{}", &["correct horse battery staple"], NOW).unwrap().profiles, []);
    let none_else: Vec<(String, String)> = (0..100).map(|index| (format!("h{index}"), "x".into())).collect();
    let signed = (headers[0].0.to_owned(), headers[0].1.clone());
    let last: Vec<_> = none_else.into_iter().chain([signed]).collect();
    assert_eq!(detect(&last, BODY.as_bytes(), &["correct horse battery staple"], NOW).unwrap().profiles.len(), 1);
    let large = vec![b' '; 1_048_577];
    assert_eq!(detect(&headers, &large, &[], NOW), Err(Error::BodyTooLarge { allowed: 1_048_576 }));
    assert_eq!(detect(&headers, b"{}", &["s"; 9], NOW), Err(Error::KeysTooMany { count: 9, allowed: 8 }));
    // Readable signatures with other timestamps, and values that may be signed: the search ends, and says that it did.
    let tag = "0".repeat(64);
    let pairs: String = (0..8).map(|index| format!("t{index}=17000000{index:02},v{index}={tag},")).collect();
    let readable = (0..16).map(|index| (format!("h{index}"), pairs.trim_end_matches(',').to_owned()));
    let ids = (0..16).map(|index| (format!("id-{index}"), "x".into()));
    let hostile: Vec<(String, String)> = readable.chain(ids).collect();
    let detection = detect(&hostile, b"{}", &["correct horse battery staple"], NOW).unwrap();
    assert_eq!((detection.profiles.len(), detection.is_complete), (0, false));
    let codes: Vec<&str> = undecided(&detection, &[]).iter().map(|undecided| undecided.code).collect();
    assert_eq!(codes, ["search_incomplete"]);
    let many: Vec<(String, String)> =
        (0..1000).map(|index| (format!("h{index}"), format!("t=1,{}", "v=0,".repeat(1000)))).collect();
    assert_eq!(detect(&many, BODY.as_bytes(), &["correct horse battery staple"], NOW).unwrap().profiles, []);
}
