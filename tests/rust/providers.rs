//! Deliveries as other providers sign them: each gives its profile, which accepts it and nothing that was changed.
//! `MAMBO_CASES` sets how many changed deliveries are tried for each.

use std::env;

use fastrand::Rng;
use mambo_webhooks::diagnose::{detect, field_hints, undecided};
use mambo_webhooks::key::{Encoding, SecretPolicy};
use mambo_webhooks::profile::{Scheme, TimestampSource};
use mambo_webhooks::{Code, Key, KeyRing, Profile, Receiver, Tolerance, UnixMillis, Verifier};
use serde_json::{Value, json};

struct Delivery {
    name: String,
    secret: String,
    encoding: String,
    headers: Vec<(String, String)>,
    body: String,
    now: UnixMillis,
    expected: Value,
}

/// What cannot be found, and why.
const NOT_FOUND: [(&str, &str); 2] = [
    ("Square: the receiver's URL is signed", "the URL is nowhere in the delivery"),
    ("Twitch EventSub", "an id, a timestamp and a body with nothing between can be read in several ways"),
];

fn deliveries() -> Vec<Delivery> {
    let document: Value = serde_json::from_str(include_str!("../vectors/providers.json")).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let each = |delivery: &Value| Delivery {
        name: text(&delivery["name"]),
        secret: text(&delivery["secret"]),
        encoding: text(&delivery["secretEncoding"]),
        headers: delivery["headers"].as_array().unwrap().iter().map(|pair| (text(&pair[0]), text(&pair[1]))).collect(),
        body: text(&delivery["body"]),
        now: UnixMillis(delivery["now"].as_i64().unwrap()),
        expected: delivery["expected"].clone(),
    };
    let found: Vec<Delivery> = document["deliveries"].as_array().unwrap().iter().map(each).collect();
    assert_eq!(found.len(), 54);
    found
}

/// A scheme in the words of the vectors.
fn described(scheme: &Scheme) -> Value {
    let printed: Value = serde_json::from_str(&scheme.to_json()).unwrap();
    let timestamp = printed["timestamp"].get("header").unwrap_or(&printed["timestamp"]);
    let unit = if scheme.timestamp == TimestampSource::None { &Value::Null } else { &printed["unit"] };
    json!({
        "header": printed["header"],
        "timestamp": timestamp,
        "signedText": printed["signedTexts"][0],
        "unit": unit,
        "signatureEncoding": printed["signatureEncoding"],
    })
}

#[test]
fn a_delivery_of_each_provider_gives_its_profile() {
    for delivery in deliveries() {
        let Delivery { name, secret, encoding, headers, body, now, expected } = &delivery;
        let detection = detect(headers, body.as_bytes(), &[secret], *now).unwrap();
        assert!(detection.is_complete, "{name}");
        let found = &detection.profiles;
        if NOT_FOUND.iter().any(|(known, _)| known == name) {
            assert_eq!(found, &[], "{name}");
            continue;
        }
        let first = found.first().unwrap_or_else(|| panic!("{name}: nothing was found"));
        assert_eq!(described(&first.profile.scheme), *expected, "{name}");
        assert_eq!(first.encoding.name(), encoding, "{name}");
        assert_eq!(Profile::from_json(&first.profile.to_json()).as_ref(), Ok(&first.profile), "{name}");
        let verifier = verifier(&delivery, first.profile.scheme.clone(), first.encoding);
        let verified = verifier.verify(headers, body.as_bytes(), *now).unwrap();
        assert_eq!(verified.timestamp(), first.timestamp, "{name}");
        // A receiver takes a profile without a timestamp only together with the words for it.
        let receiver = Receiver::new(keys(&delivery, first.encoding)).profile(first.profile.clone()).unwrap();
        let refused = receiver.verify(headers, body.as_bytes(), *now).err().map(|error| error.code());
        let has_none = first.profile.scheme.timestamp == TimestampSource::None;
        assert_eq!(refused, has_none.then_some(Code::TimestampUnsigned), "{name}");
        let codes: Vec<&str> =
            undecided(&detection, &field_hints(body.as_bytes())).iter().map(|undecided| undecided.code).collect();
        assert_eq!(codes.contains(&"no_timestamp"), has_none, "{name}: {codes:?}");
        assert_eq!(codes.contains(&"several_profiles"), found.len() > 1, "{name}: {codes:?}");
    }
}

fn keys(delivery: &Delivery, encoding: Encoding) -> KeyRing {
    KeyRing::new(vec![Key::new("k", &delivery.secret, encoding, SecretPolicy::Strong).unwrap()]).unwrap()
}

/// A verifier that looks at no clock, so that only the signature refuses.
fn verifier(delivery: &Delivery, scheme: Scheme, encoding: Encoding) -> Verifier {
    let verifier = Verifier::new(keys(delivery, encoding)).scheme(scheme).unwrap();
    verifier.tolerance(Tolerance::default().any_age().any_lead())
}

/// One to three changes of bytes: exchanged, doubled, left out, put in, moved to the neighbour.
fn changed(text: &str, rng: &mut Rng) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..rng.usize(1..4) {
        let at = rng.usize(0..=bytes.len());
        let byte = [rng.u8(b' '..=b'~'), b"0123456789abcdefABCDEF.:,= "[rng.usize(0..27)]][rng.usize(0..2)];
        match rng.u8(0..6) {
            0 if at < bytes.len() => bytes[at] = byte,
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 if at + 1 < bytes.len() => bytes.swap(at, at + 1),
            3 if at < bytes.len() => bytes.insert(at, bytes[at]),
            4 => bytes.truncate(at),
            _ => bytes.insert(at, byte),
        }
    }
    bytes
}

#[test]
fn no_changed_delivery_is_accepted() {
    let cases: usize = env::var("MAMBO_CASES").map_or(2_000, |text| text.parse().unwrap());
    let mut rng = Rng::with_seed(1);
    for delivery in deliveries() {
        let Delivery { name, secret, headers, body, now, .. } = &delivery;
        let Some(first) = detect(headers, body.as_bytes(), &[secret], *now).unwrap().profiles.into_iter().next() else {
            continue;
        };
        let scheme = first.profile.scheme.clone();
        let verifier = verifier(&delivery, scheme.clone(), first.encoding);
        let honest = verifier.verify(headers, body.as_bytes(), *now).unwrap().replay_key();
        // The headers that count; a change of another one changes nothing.
        let text = scheme.signed_texts[0].to_string();
        let counts = |header: &str| {
            let header = header.to_ascii_lowercase();
            header == scheme.header
                || scheme.timestamp == TimestampSource::Header(header.clone())
                || text.contains(&format!("{{header:{header}}}"))
        };
        let places: Vec<usize> = (0..headers.len()).filter(|place| counts(&headers[*place].0)).collect();
        let mut accepted = 0_usize;
        for _ in 0..cases {
            let mut headers: Vec<(String, Vec<u8>)> =
                headers.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())).collect();
            let mut other = body.clone().into_bytes();
            match rng.usize(0..=places.len() + 1) {
                0 => other = changed(body, &mut rng),
                // Bytes that go from the body to the timestamp or to an id, or the other way.
                1 => {
                    let place = places[rng.usize(0..places.len())];
                    let value = &mut headers[place].1;
                    if rng.bool() {
                        let count = rng.usize(0..=other.len().min(4));
                        value.extend(other.drain(..count));
                    } else {
                        let count = rng.usize(0..=value.len().min(4));
                        let from = value.len() - count;
                        other.splice(0..0, value.drain(from..));
                    }
                }
                index => {
                    let place = places[index - 2];
                    let value = String::from_utf8(headers[place].1.clone()).unwrap();
                    headers[place].1 = changed(&value, &mut rng);
                }
            }
            if let Ok(verified) = verifier.verify(&headers, &other, *now) {
                // What is signed is the same: blanks around a value, say, or another signature beside the right one.
                assert_eq!(verified.replay_key(), honest, "{name}: {:?}", String::from_utf8_lossy(&other));
                assert_eq!(other, body.as_bytes(), "{name}");
                accepted += 1;
            }
        }
        assert!(accepted * 2 < cases, "{name}: {accepted} of {cases} changes changed nothing");
    }
}
