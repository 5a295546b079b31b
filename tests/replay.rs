//! The replay store in memory, and the keys that are remembered.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use mambo_webhooks::encoding::Encoding;
use mambo_webhooks::key::Strength;
use mambo_webhooks::replay::{MemoryReplayStore, ReplayStore, Reservation, check_store};
use mambo_webhooks::scheme::Scheme;
use mambo_webhooks::sign::sign;
use mambo_webhooks::{Key, KeyRing, Receiver, UnixMillis, Verified, Window};

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
const BODY: &[u8] = br#"{"event":"Ping","id":"e-1","data":{}}"#;

#[test]
fn the_store_in_memory_does_what_a_store_must() {
    assert_eq!(check_store(&mut MemoryReplayStore::new(100), NOW), Ok(()));
}

#[test]
fn the_check_finds_stores_that_do_not() {
    /// Forgets what `ReplayStore` says it must remember.
    struct Broken(MemoryReplayStore, &'static str);
    impl ReplayStore for Broken {
        type Error = ();
        fn reserve(&mut self, key: &str, now: UnixMillis, ttl_ms: u64) -> Result<Reservation, ()> {
            let ttl_ms = if self.1 == "never ends" { u64::MAX } else { ttl_ms };
            match self.1 {
                "gives twice" => Ok(Reservation::Yours),
                "cannot be asked" => Err(()),
                _ => Ok(self.0.reserve(key, now, ttl_ms).unwrap()),
            }
        }
        fn commit(&mut self, key: &str, now: UnixMillis, ttl_ms: u64) -> Result<(), ()> {
            if self.1 != "forgets commits" {
                self.0.commit(key, now, ttl_ms).unwrap();
            }
            Ok(())
        }
        fn release(&mut self, key: &str) -> Result<(), ()> {
            if self.1 != "keeps released" {
                self.0.release(key).unwrap();
            }
            Ok(())
        }
    }
    for (how, found) in [
        ("gives twice", Some("a reserved key was given twice")),
        ("cannot be asked", None),
        ("keeps released", Some("a released key was not given again")),
        ("forgets commits", Some("a committed key was given again, or released")),
        ("never ends", Some("a reserved key was kept after its time")),
    ] {
        assert_eq!(check_store(&mut Broken(MemoryReplayStore::new(100), how), NOW), Err(found), "{how}");
    }
}

#[test]
fn a_full_store_refuses_and_forgets_nothing_that_counts() {
    let mut store = MemoryReplayStore::new(2);
    let mut reserve = |key: &str, at: i64| store.reserve(key, UnixMillis(at), 10).unwrap();
    assert_eq!(
        [reserve("a", 0), reserve("b", 0), reserve("c", 0)],
        [Reservation::Yours, Reservation::Yours, Reservation::Full]
    );
    assert_eq!(reserve("c", 10), Reservation::Yours);
    assert_eq!(store.len(), 1);
}

#[test]
fn time_to_live_covers_the_window() {
    assert_eq!(Window::default().replay_ms(), Some(600_001));
    assert_eq!(Window::seconds(10, 5).replay_ms(), Some(15_001));
    assert_eq!(Window::default().any_age().replay_ms(), None);
    assert_eq!(Window::default().any_lead().replay_ms(), None);
}

#[test]
fn the_replay_key_is_of_what_was_signed() {
    let key = |id: &str, secret: &str| Key::new(id, secret, Encoding::Utf8, Strength::Strong).unwrap();
    let (one, other) = (key("one", "the first secret of two"), key("other", "the second secret of two"));
    let both = KeyRing::new(vec![one.clone(), other]).unwrap();
    let receiver = Receiver::new(both.clone());
    let received = |value: &str, now: UnixMillis| {
        let received = receiver.receive(&[("x-mambo-signature", value)], BODY, now).unwrap();
        (received.verified().key_id().unwrap().to_owned(), received.verified().replay_key(), received.event_key())
    };
    let value = sign(&Scheme::default(), &both, BODY, NOW).unwrap();
    // An attacker who replays with one of the two signatures cut off gets past another key, not past the store.
    let (timestamp, second) = (value.split(',').next().unwrap(), value.rsplit(',').next().unwrap());
    let cut = format!("{timestamp},{second}");
    let (whole, replayed) = (received(&value, NOW), received(&cut, NOW));
    assert_eq!((whole.0.as_str(), replayed.0.as_str()), ("one", "other"));
    assert_eq!(whole.1, replayed.1);
    // A retry is signed afresh: another delivery, the same event.
    let alone = KeyRing::new(vec![one]).unwrap();
    let later = UnixMillis(NOW.0 + 5000);
    let retried = received(&sign(&Scheme::default(), &alone, BODY, later).unwrap(), later);
    assert_ne!(whole.1, retried.1);
    assert_eq!((whole.2.as_str(), retried.2.as_str()), ("id:e-1", "id:e-1"));
}

#[test]
fn an_event_without_an_id_is_known_by_its_body() {
    let keys = KeyRing::single("correct horse battery staple").unwrap();
    let receiver = Receiver::new(keys);
    let open =
        |body: &'static [u8]| receiver.open(Verified::assume_verified(body, NOW), &[("a", "b")]).unwrap().event_key();
    assert_eq!(open(b"{}"), "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    assert_ne!(open(b"{}"), open(b"[]"));
}
