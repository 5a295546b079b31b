//! Seals and opens values.

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use core::fmt;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

use super::aead::{decrypt, encrypt, random};
use super::keys::{DataKey, SealingKeys, WrappedKey};
use super::text::Sealed;
use crate::send::error::SendError;

/// How many decrypted data keys are remembered. There are as many as processes sealed something since the last `seal`.
const REMEMBERED: usize = 1024;

/// Seals secrets, and payloads if asked, under sealing keys. Clones share the data keys.
#[derive(Clone)]
pub struct Sealer {
    keys: Arc<dyn SealingKeys>,
    seals_payloads: bool,
    own: Arc<Mutex<Option<(WrappedKey, DataKey)>>>,
    opened: Arc<Mutex<HashMap<WrappedKey, DataKey>>>,
}

impl Sealer {
    /// Seals endpoints' secrets and headers with a data key that `keys` wrap.
    #[must_use]
    pub fn new(keys: impl SealingKeys) -> Self {
        Self { keys: Arc::new(keys), seals_payloads: false, own: Arc::default(), opened: Arc::default() }
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
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if own.is_none() {
            let key: DataKey = Zeroizing::new(random()?);
            *own = Some((self.keys.wrap(&key)?, key));
        }
        let Some((wrapped, key)) = &*own else { return Err(SendError::SealFailed { what: "no data key".into() }) };
        let value = encrypt(key, place.as_bytes(), plain.as_bytes())?;
        Ok(Sealed { key: wrapped.clone(), value }.to_text())
    }

    /// Opens a text that was sealed for this place.
    pub(super) fn open(&self, place: &str, text: &str) -> Result<Zeroizing<String>, SendError> {
        let broken = || SendError::SealBroken { id: super::text::key_of(text).to_string() };
        let Sealed { key, value } = Sealed::from_text(text).ok_or_else(broken)?;
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if !opened.contains_key(&key) {
            if opened.len() >= REMEMBERED {
                opened.clear();
            }
            opened.insert(key.clone(), self.keys.unwrap(&key)?);
        }
        let data_key = opened.get(&key).ok_or_else(broken)?;
        let plain = decrypt(data_key, place.as_bytes(), &value).ok_or_else(broken)?;
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
