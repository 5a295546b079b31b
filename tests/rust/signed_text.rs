//! Templates of the signed text: what is refused, and that no text which is signed once can be read twice.

use std::collections::HashMap;

use mambo_webhooks::internal::HmacKey;
use mambo_webhooks::profile::SignedText;
use mambo_webhooks::{Code, KeyRing, Profile, Tolerance, UnixMillis, Verifier, sign_headers};

const SECRET: &str = "a secret of at least 16 bytes";
const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

/// A profile whose signature header holds nothing but signatures.
fn profile(timestamp: &str, unit: &str, texts: &[&str]) -> Result<Profile, String> {
    let texts: Vec<String> = texts.iter().map(|text| format!("{text:?}")).collect();
    let json = format!(
        r#"{{"scheme":{{"header":"x-s","grammar":{{"form":"list"}},"timestamp":{timestamp},"unit":"{unit}","signedTexts":[{}]}}}}"#,
        texts.join(",")
    );
    Profile::from_json(&json).map_err(|error| error.to_string())
}

const IN_HEADER: &str = r#"{"header":"x-t"}"#;

#[test]
fn templates_that_could_be_read_in_two_ways_are_refused() {
    let refused = |timestamp: &str, texts: &[&str]| profile(timestamp, "auto", texts).unwrap_err();
    for (timestamp, texts, sentence) in [
        (IN_HEADER, &[][..], "expected 1 to 4 templates"),
        (IN_HEADER, &["{body}"], "expected {timestamp} once"),
        (IN_HEADER, &["{timestamp}{timestamp}{body}"], "expected {timestamp} once"),
        ("\"none\"", &["{timestamp}.{body}"], "there is no timestamp to be signed"),
        (IN_HEADER, &["{header:x-id}{timestamp}.{body}"], "expected a literal after {header:…}"),
        (IN_HEADER, &["{timestamp}.{header:x-id}{body}"], "expected a literal after {header:…}"),
        (IN_HEADER, &["{timestamp}{header:x-id}.{body}"], "expected a literal after {timestamp}"),
        (IN_HEADER, &["{timestamp}.{header:X-Id}.{body}"], "expected a header name in lower case"),
        (IN_HEADER, &["{timestamp}1{body}"], "a separator starts with no digit"),
        (IN_HEADER, &["{timestamp}.{body}", "{timestamp}..{body}"], "two templates could sign the same text"),
        (IN_HEADER, &["{timestamp}.{body}", "{timestamp}.{body}"], "two templates could sign the same text"),
        (IN_HEADER, &["v{timestamp}.{body}", "v1{timestamp}.{body}"], "two templates could sign the same text"),
        (
            IN_HEADER,
            &["{timestamp}.{body}", "{header:x-id}.{timestamp}.{body}"],
            "several templates need a timestamp, and no {header:…}",
        ),
        ("\"none\"", &["{body}", "v0:{body}"], "several templates need a timestamp, and no {header:…}"),
        (IN_HEADER, &["a literal of 17 b{timestamp}.{body}"], "a literal is at most 16 bytes"),
    ] {
        let found = refused(timestamp, texts);
        let first = found.split_once(" at /").unwrap().0;
        assert_eq!(first, format!("profile: {sentence}"), "{texts:?}");
    }
    assert_eq!(
        refused(IN_HEADER, &["{timestamp}."]),
        "profile: expected {body} at the end, and nowhere else at /scheme/signedTexts/0"
    );
    for (text, sentence) in [
        ("{body}{body}", "expected {body} at the end, and nowhere else"),
        ("{time}{body}", "expected {timestamp}, {header:name} or {body}"),
        ("{timestamp{body}", "expected } after {"),
        ("}{body}", "expected { before }"),
    ] {
        assert_eq!(text.parse::<SignedText>().unwrap_err(), sentence, "{text}");
    }
}

#[test]
fn a_profile_without_a_timestamp_needs_an_unlimited_tolerance() {
    let scheme = profile("\"none\"", "auto", &["{body}"]).unwrap().scheme;
    let keys = KeyRing::single(SECRET).unwrap();
    let none: &[(&str, &str)] = &[];
    let signed = sign_headers(&scheme, &keys, &none, b"{}", NOW).unwrap();
    let headers: Vec<_> = signed.into_pairs().collect();
    let verifier = Verifier::new(keys).scheme(scheme).unwrap();
    assert_eq!(verifier.verify(&headers, b"{}", NOW).unwrap_err().code(), Code::TimestampUnsigned);
    let half = verifier.clone().tolerance(Tolerance::default().any_age());
    assert_eq!(half.verify(&headers, b"{}", NOW).unwrap_err().code(), Code::TimestampUnsigned);
    let open = verifier.tolerance(Tolerance::default().any_age().any_lead());
    assert_eq!(open.verify(&headers, b"{}", NOW).unwrap().timestamp(), NOW);
    // Nothing but the body tells two deliveries apart.
    let [first, second] = [NOW, UnixMillis(0)].map(|now| open.verify(&headers, b"{}", now).unwrap().replay_key());
    assert_eq!(first, second);
}

#[test]
fn a_signed_header_is_needed_once_and_must_not_hold_its_end() {
    let scheme = profile(IN_HEADER, "auto", &["{header:x-id}.{timestamp}.{body}"]).unwrap().scheme;
    let keys = KeyRing::single(SECRET).unwrap();
    let sign = |headers: &[(&str, &str)]| sign_headers(&scheme, &keys, &headers, b"{}", NOW);
    let verifier = Verifier::new(keys.clone()).scheme(scheme.clone()).unwrap();
    let signed = sign(&[("X-Id", "e-1")]).unwrap();
    let with = |ids: &[&str]| {
        let ids = ids.iter().map(|id| ("x-id".to_owned(), (*id).to_owned()));
        ids.chain(signed.clone().into_pairs()).collect::<Vec<_>>()
    };
    let verified = verifier.verify(&with(&["e-1"]), b"{}", NOW).unwrap().replay_key();
    let code = |ids: &[&str]| verifier.verify(&with(ids), b"{}", NOW).unwrap_err().to_string();
    assert_eq!(code(&[]), "header x-id is missing");
    assert_eq!(code(&["e-1", "e-1"]), "header x-id came 2 times, expected once");
    assert_eq!(code(&["e-2"]), "none of 1 signatures matches any of 1 keys");
    let ends = "header x-id: expected no `.`, which ends the value in the signed text, at byte 1";
    assert_eq!(code(&["e.1"]), ends);
    assert_eq!(sign(&[("X-Id", "e.1")]).unwrap_err().to_string(), ends);
    assert_eq!(sign(&[]).unwrap_err().to_string(), "header x-id is missing");
    // The same body at the same time under another id is another delivery.
    let other = sign(&[("X-Id", "e-2")]).unwrap();
    let headers: Vec<_> = [("x-id".to_owned(), "e-2".to_owned())].into_iter().chain(other.into_pairs()).collect();
    assert_ne!(verifier.verify(&headers, b"{}", NOW).unwrap().replay_key(), verified);
}

/// Every text of these letters up to a length.
fn words(letters: &[&str], longest: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut last = all.clone();
    for _ in 0..longest {
        last = last.iter().flat_map(|word| letters.iter().map(move |letter| format!("{word}{letter}"))).collect();
        all.extend(last.clone());
    }
    all
}

/// Templates of few parts over few literals, the valid ones alone and in pairs, and every delivery over few letters: two
/// accepted deliveries with the same signed text are the same delivery.
#[test]
fn no_signed_text_is_accepted_as_two_deliveries() {
    let literals = ["", ".", "..", ":", "a", ".a"];
    let mut templates = Vec::new();
    for front in ["", "a", ".", "1", "a."] {
        for end in literals {
            templates.push(format!("{front}{{timestamp}}{end}{{body}}"));
        }
    }
    for first in literals {
        for second in literals {
            templates.push(format!("{{header:x-id}}{first}{{timestamp}}{second}{{body}}"));
            templates.push(format!("{{timestamp}}{first}{{header:x-id}}{second}{{body}}"));
        }
    }
    let mut sets: Vec<Vec<&str>> = templates.iter().map(|template| vec![template.as_str()]).collect();
    for (index, first) in templates.iter().enumerate() {
        sets.extend(templates.iter().skip(index + 1).map(|second| vec![first.as_str(), second.as_str()]));
    }
    let profiles: Vec<Profile> = sets.iter().filter_map(|texts| profile(IN_HEADER, "seconds", texts).ok()).collect();
    assert!(profiles.len() > 300, "{}", profiles.len());
    let key = HmacKey::new(SECRET.as_bytes());
    let (stamps, ids, bodies) = (["1", "11", "12"], words(&["a", ".", "1"], 2), words(&["1", ".", "a", ":"], 2));
    for profile in &profiles {
        let texts: Vec<String> = profile.scheme.signed_texts.iter().map(ToString::to_string).collect();
        let has_id = texts.iter().any(|text| text.contains("x-id"));
        let verifier = Verifier::new(KeyRing::single(SECRET).unwrap()).scheme(profile.scheme.clone()).unwrap();
        let verifier = verifier.tolerance(Tolerance::default().any_age().any_lead());
        let mut accepted: HashMap<String, (&str, &str, &str)> = HashMap::new();
        for template in &texts {
            for stamp in stamps {
                for id in ids.iter().take(if has_id { ids.len() } else { 1 }) {
                    for body in &bodies {
                        let signed =
                            template.replace("{timestamp}", stamp).replace("{header:x-id}", id).replace("{body}", body);
                        let tag = mambo_webhooks::internal::hex(&key.tag(&[signed.as_bytes()]));
                        let headers = [("x-s", tag.as_str()), ("x-t", stamp), ("x-id", id)];
                        if verifier.verify(&headers, body.as_bytes(), NOW).is_ok() {
                            let found = *accepted.entry(signed.clone()).or_insert((stamp, id, body));
                            assert_eq!(found, (stamp, id.as_str(), body.as_str()), "{signed} under {texts:?}");
                        }
                    }
                }
            }
        }
        assert!(!accepted.is_empty(), "{texts:?}");
    }
}

#[test]
fn timestamps_in_rfc_3339() {
    let scheme = profile(IN_HEADER, "rfc3339", &["{timestamp}{body}"]).unwrap().scheme;
    let key = HmacKey::new(SECRET.as_bytes());
    let verifier = Verifier::new(KeyRing::single(SECRET).unwrap()).scheme(scheme).unwrap();
    let verify = |stamp: &str| {
        let tag = mambo_webhooks::internal::hex(&key.tag(&[stamp.as_bytes(), b"12"]));
        let headers = [("x-s", tag.as_str()), ("x-t", stamp)];
        verifier.verify(&headers, b"12", NOW).map(|verified| verified.timestamp().0).map_err(|error| error.code())
    };
    for (stamp, millis) in [
        ("2023-11-14T22:13:20Z", 1_700_000_000_000),
        ("2023-11-14T22:13:20.5Z", 1_700_000_000_500),
        ("2023-11-14T22:13:20.123456789Z", 1_700_000_000_123),
        ("2023-11-14T23:13:20+01:00", 1_700_000_000_000),
        ("2023-11-14T16:43:20-05:30", 1_700_000_000_000),
    ] {
        assert_eq!(verify(stamp), Ok(millis), "{stamp}");
    }
    for stamp in [
        "1700000000",
        "2023-11-14T22:13:20",
        "2023-11-14T22:13:20.Z",
        "2023-11-14T22:13:20.1234567890Z",
        "2023-11-14 22:13:20Z",
        "2023-02-30T22:13:20Z",
        "2023-11-14T24:13:20Z",
        "2023-11-14T22:13:20+1:00",
        "2023-11-14T22:13:20+24:00",
        "2023-11-14T22:13:20*01:00",
        "",
    ] {
        assert_eq!(verify(stamp), Err(Code::TimestampMalformed), "{stamp}");
    }
    assert_eq!(verify("1969-12-31T23:59:59Z"), Err(Code::TimestampNegative));
}
