//! Seals and opens values.

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use core::fmt;

use zeroize::Zeroizing;

use super::aead::{decrypt, encrypt};
use super::data_keys::DataKeys;
use super::keys::SealingKeys;
use super::text::Sealed;
use crate::send::error::SendError;

/// Seals secrets, and payloads if asked, under sealing keys. Clones share the data keys.
#[derive(Clone)]
pub struct Sealer {
    keys: Arc<DataKeys>,
    seals_payloads: bool,
}

impl Sealer {
    /// Seals endpoints' secrets and headers with a data key that `keys` wrap.
    #[must_use]
    pub fn new(keys: impl SealingKeys) -> Self {
        Self { keys: Arc::new(DataKeys::new(keys)), seals_payloads: false }
    }

    /// Seals the data of new events too.
    #[must_use]
    pub const fn with_payloads(mut self) -> Self {
        self.seals_payloads = true;
        self
    }

    /// Whether it seals the data of events.
    pub(super) const fn seals_payloads(&self) -> bool {
        self.seals_payloads
    }

    /// The id of the key that seals now.
    pub(super) fn current(&self) -> String {
        self.keys.current()
    }

    /// Seals a text for its place.
    pub(super) fn seal(&self, place: &str, plain: &str) -> Result<String, SendError> {
        let (key, data_key) = self.keys.own()?;
        let value = encrypt(&data_key, place.as_bytes(), plain.as_bytes())?;
        Ok(Sealed { key, value }.to_text())
    }

    /// Opens a text that was sealed for this place.
    pub(super) fn open(&self, place: &str, text: &str) -> Result<Zeroizing<String>, SendError> {
        let broken = || SendError::SealBroken { id: super::text::key_of(text).to_string() };
        let Sealed { key, value } = Sealed::from_text(text).ok_or_else(broken)?;
        let data_key = self.keys.opened(key)?;
        let plain = decrypt(&data_key, place.as_bytes(), &value).ok_or_else(broken)?;
        core::str::from_utf8(&plain).map(|plain| Zeroizing::new(plain.to_string())).map_err(|_| broken())
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").field("key", &self.keys.current()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::super::keys::LocalKeys;
    use super::*;

    const OLD: &str = "2026-01 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const NEW: &str = "# this year's\n2026-11 ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=\n";

    fn sealer(keys: &str) -> Sealer {
        Sealer::new(LocalKeys::from_text(keys).unwrap())
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_and_nowhere_else() {
        let (old, both) = (sealer(OLD), sealer(&[NEW, OLD].concat()));
        for plain in ["", "secret", "a secret of some length \u{1f600}", &"x".repeat(1_000_000)] {
            let sealed = old.seal("endpoint a", plain).unwrap();
            assert!(sealed.starts_with("sealed:1:2026-01:") && (plain.is_empty() || !sealed.contains(plain)));
            assert_ne!(sealed, old.seal("endpoint a", plain).unwrap(), "a nonce for each");
            assert_eq!(old.open("endpoint a", &sealed).unwrap().as_str(), plain);
            assert_eq!(both.open("endpoint a", &sealed).unwrap().as_str(), plain, "an older key opens");
            let broken = SendError::SealBroken { id: "2026-01".into() };
            assert_eq!(old.open("endpoint b", &sealed).unwrap_err(), broken);
        }
        let new = both.seal("place", "secret").unwrap();
        assert_eq!(old.open("place", &new).unwrap_err(), SendError::SealKeyMissing { id: "2026-11".into() });
        assert_eq!(
            (both.current(), format!("{both:?}")),
            ("2026-11".into(), r#"Sealer { key: "2026-11", .. }"#.into())
        );
    }

    #[test]
    fn a_change_of_any_letter_is_noticed() {
        let sealer = sealer(OLD);
        let sealed = sealer.seal("place", "secret").unwrap();
        for (at, letter) in sealed.char_indices() {
            let other = if letter == 'A' { 'B' } else { 'A' };
            let changed: String =
                sealed.char_indices().map(|(index, letter)| if index == at { other } else { letter }).collect();
            assert!(sealer.open("place", &changed).is_err(), "{at}: {changed}");
            assert!(sealer.open("place", sealed.get(..at).unwrap()).is_err(), "cut at {at}");
        }
        assert!(sealer.open("place", &format!("{sealed}:AAAA")).is_err());
    }

    /// Random values in random places: each opens in its place with each sealer that has the key, and not with a bit flipped or
    /// in another place.
    #[test]
    fn random_values_open_as_they_were() {
        let seed = std::env::var("MAMBO_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
        let mut random = fastrand::Rng::with_seed(seed);
        let text = |random: &mut fastrand::Rng, most: usize| {
            let length = random.usize(..most);
            (0..length).map(|_| random.char(..)).collect::<String>()
        };
        let (first, second) = (sealer(OLD), sealer(&[NEW, OLD].concat()));
        for _ in 0..2000 {
            let (place, plain) = (text(&mut random, 60), text(&mut random, 400));
            let sealed = first.seal(&place, &plain).unwrap();
            assert_eq!(second.open(&place, &sealed).unwrap().as_str(), plain, "MAMBO_SEED={seed}");
            let elsewhere = [&place, "-"].concat();
            assert!(second.open(&elsewhere, &sealed).is_err(), "MAMBO_SEED={seed}");
            let mut changed = Sealed::from_text(&sealed).unwrap();
            let bytes = if random.bool() { &mut changed.key.bytes } else { &mut changed.value };
            let at = random.usize(..bytes.len());
            bytes[at] ^= 1 << random.u32(..8);
            assert_eq!(
                second.open(&place, &changed.to_text()).unwrap_err(),
                SendError::SealBroken { id: "2026-01".into() },
                "MAMBO_SEED={seed}"
            );
        }
    }

    #[test]
    fn a_change_of_any_byte_is_noticed() {
        let sealer = sealer(OLD);
        let sealed = Sealed::from_text(&sealer.seal("place", "secret").unwrap()).unwrap();
        let lengths = (sealed.key.bytes.len(), sealed.value.len());
        assert_eq!(lengths, (24 + 32 + 16, 24 + 6 + 16), "nonce, ciphertext, tag");
        for at in 0..lengths.0 + lengths.1 {
            for change in 1..=u8::MAX {
                let mut changed = sealed.clone();
                let byte = match at.checked_sub(lengths.0) {
                    Some(at) => &mut changed.value[at],
                    None => &mut changed.key.bytes[at],
                };
                *byte ^= change;
                assert!(sealer.open("place", &changed.to_text()).is_err(), "byte {at} ^ {change}");
            }
        }
    }

    #[test]
    fn keys_are_lines_of_an_id_and_32_bytes() {
        let line = LocalKeys::new_line("k.1_a-b").unwrap();
        assert_eq!(LocalKeys::from_text(&line).unwrap().current(), "k.1_a-b");
        for (text, line) in [
            ("", 1),
            ("k", 1),
            ("k AAAA", 1),
            (&format!("{OLD}\n{OLD}"), 2),
            ("a:b AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", 1),
            ("k AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gIQ==", 1),
        ] {
            assert_eq!(LocalKeys::from_text(text).unwrap_err(), SendError::SealKeyMalformed { line }, "{text}");
        }
        assert_eq!(format!("{:?}", LocalKeys::from_text(OLD).unwrap()), r#"["2026-01"]"#);
    }
}
