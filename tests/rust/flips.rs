//! Every single bit of a delivery, flipped: each flip is refused with the code that names what broke.

use mambo_webhooks::profile::Scheme;
use mambo_webhooks::sign;
use mambo_webhooks::{Code, KeyRing, Receiver, UnixMillis};

const SECRET: &str = "correct horse battery staple";
const BODY: &[u8] = br#"{"event":"Ping","data":{"message":"ping"}}"#;
const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

fn header() -> String {
    sign(&Scheme::default(), &KeyRing::single(SECRET).unwrap(), BODY, NOW).unwrap()
}

fn code(secret: &str, header: &[u8], body: &[u8]) -> Option<Code> {
    let receiver = Receiver::new(KeyRing::single(secret).unwrap());
    receiver.receive(&[("x-mambo-signature", header)], body, NOW).err().map(|error| error.code())
}

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

#[test]
fn unflipped_is_accepted() {
    assert_eq!(code(SECRET, header().as_bytes(), BODY), None);
}

#[test]
fn every_bit_of_the_body() {
    for bit in 0..BODY.len() * 8 {
        let found = code(SECRET, header().as_bytes(), &flipped(BODY, bit));
        assert_eq!(found, Some(Code::SignatureMismatch), "bit {bit}");
    }
}

#[test]
fn every_bit_of_the_timestamp() {
    for bit in 0..10 * 8 {
        let at = 2 * 8 + bit;
        let bytes = flipped(header().as_bytes(), at);
        let character = bytes[at / 8];
        let expected = match character {
            // A first digit of 0 is a leading zero.
            b'0' if at / 8 == 2 => Code::TimestampMalformed,
            // A blank at either end is passed over, so that a shorter number is left.
            b' ' if bit / 8 == 0 || bit / 8 == 9 => Code::SignatureMismatch,
            b'0'..=b'9' => Code::SignatureMismatch,
            0..32 | 127.. => Code::HeaderMalformed,
            _ => Code::TimestampMalformed,
        };
        assert_eq!(code(SECRET, &bytes, BODY), Some(expected), "bit {bit} makes {character}");
    }
}

#[test]
fn every_bit_of_the_signature() {
    let header = header();
    let start = header.len() - 64;
    for bit in 0..64 * 8 {
        let at = start * 8 + bit;
        let bytes = flipped(header.as_bytes(), at);
        let character = bytes[at / 8];
        let expected = match character {
            b'0'..=b'9' | b'a'..=b'f' => Code::SignatureMismatch,
            b'A'..=b'F' => Code::SignatureUppercase,
            0..32 | 127.. => Code::HeaderMalformed,
            _ => Code::SignatureMalformed,
        };
        assert_eq!(code(SECRET, &bytes, BODY), Some(expected), "bit {bit} makes {character}");
    }
}

#[test]
fn every_bit_of_the_secret() {
    for bit in 0..SECRET.len() * 8 {
        let Ok(secret) = String::from_utf8(flipped(SECRET.as_bytes(), bit)) else {
            continue;
        };
        if secret.chars().any(char::is_control) {
            continue;
        }
        assert_eq!(code(&secret, header().as_bytes(), BODY), Some(Code::SignatureMismatch), "bit {bit}");
    }
}
