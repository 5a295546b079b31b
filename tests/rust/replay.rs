//! The replay store in memory, and the keys that are remembered.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mambo_webhooks::key::Encoding;
use mambo_webhooks::key::SecretPolicy;
use mambo_webhooks::profile::Scheme;
use mambo_webhooks::replay::{LEASE, MemoryReplayStore, ProcessError, ReplayStore, Reservation, check_store, process};
use mambo_webhooks::sign;
use mambo_webhooks::{Error, Key, KeyRing, Receiver, Tolerance, UnixMillis, Verified};

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
const BODY: &[u8] = br#"{"event":"Ping","id":"e-1","data":{}}"#;

/// A clock that a test moves by hand, in milliseconds.
fn store_of(max_keys: usize) -> (Arc<AtomicI64>, MemoryReplayStore<impl Fn() -> UnixMillis + Send + Sync>) {
    let clock = Arc::new(AtomicI64::new(NOW.0));
    let read = Arc::clone(&clock);
    (clock, MemoryReplayStore::new(max_keys, move || UnixMillis(read.load(Ordering::Relaxed))))
}

fn advance(clock: &AtomicI64, by: Duration) {
    clock.fetch_add(by.as_millis().try_into().unwrap(), Ordering::Relaxed);
}

#[tokio::test]
async fn the_store_in_memory_does_what_a_store_must() {
    let (clock, store) = store_of(100);
    assert_eq!(check_store(&store, Duration::from_secs(60), async |by| advance(&clock, by)).await, Ok(()));
    let real = MemoryReplayStore::new(100, || SystemTime::now().into());
    assert_eq!(check_store(&real, Duration::from_millis(50), tokio::time::sleep).await, Ok(()));
}

#[tokio::test]
async fn the_check_finds_stores_that_do_not() {
    /// Forgets what `ReplayStore` says it must remember.
    struct Broken<S>(S, &'static str);
    impl<S: ReplayStore<Error: std::fmt::Debug> + Sync> ReplayStore for Broken<S> {
        type Error = ();
        async fn reserve(&self, key: &str, ttl: Duration, token: &str) -> Result<Reservation, ()> {
            let ttl = if self.1 == "never ends" { Duration::MAX } else { ttl };
            let token = if self.1 == "unfenced" { "one for all" } else { token };
            match self.1 {
                "gives twice" => Ok(Reservation::Yours),
                "cannot be asked" => Err(()),
                _ => Ok(self.0.reserve(key, ttl, token).await.unwrap()),
            }
        }
        async fn commit(&self, key: &str, ttl: Duration) -> Result<(), ()> {
            if self.1 != "forgets commits" {
                self.0.commit(key, ttl).await.unwrap();
            }
            Ok(())
        }
        async fn release(&self, key: &str, token: &str) -> Result<(), ()> {
            let token = if self.1 == "unfenced" { "one for all" } else { token };
            if self.1 != "keeps released" {
                self.0.release(key, token).await.unwrap();
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
        ("unfenced", Some("the reservation of another attempt was released")),
    ] {
        let (clock, store) = store_of(100);
        let checked = check_store(&Broken(store, how), Duration::from_secs(60), async |by| advance(&clock, by)).await;
        assert_eq!(checked, Err(found), "{how}");
    }
}

#[tokio::test]
async fn a_full_store_refuses_and_forgets_nothing_that_counts() {
    let (clock, store) = store_of(2);
    let mut found = Vec::new();
    for key in ["a", "b", "c"] {
        found.push(store.reserve(key, Duration::from_millis(10), "t").await.unwrap());
    }
    assert_eq!(found, [Reservation::Yours, Reservation::Yours, Reservation::Full]);
    advance(&clock, Duration::from_millis(10));
    assert_eq!(store.reserve("c", Duration::from_millis(10), "t").await, Ok(Reservation::Yours));
    assert_eq!(store.len(), 1);
}

#[tokio::test]
async fn a_delivery_is_processed_once_and_again_after_a_failure() {
    let (_clock, store) = store_of(100);
    let ttl = Duration::from_secs(600);
    let failed = process(&store, "k", ttl, "1", async || Err::<(), _>("no database")).await;
    assert_eq!(failed, Err(ProcessError::Handler("no database")));
    let handled = process(&store, "k", ttl, "2", async || {
        let inner = process(&store, "k", ttl, "3", async || Ok::<_, ()>(())).await;
        assert_eq!(inner, Err(ProcessError::Refused(Error::DeliveryPending)));
        Ok::<_, ()>("handled")
    });
    assert_eq!(handled.await, Ok("handled"));
    let again = process(&store, "k", ttl, "4", async || Ok::<_, ()>("again")).await;
    assert_eq!(again, Err(ProcessError::Refused(Error::DeliveryReplayed)));
}

#[tokio::test]
async fn a_handler_that_outlives_its_reservation_does_not_release_the_next() {
    let (clock, store) = store_of(100);
    let ttl = Duration::from_secs(3600);
    let slow = process(&store, "k", ttl, "slow", async || {
        advance(&clock, LEASE);
        assert_eq!(store.reserve("k", LEASE, "next").await, Ok(Reservation::Yours));
        Err::<(), _>("too late")
    });
    assert_eq!(slow.await, Err(ProcessError::Handler("too late")));
    assert_eq!(store.reserve("k", LEASE, "third").await, Ok(Reservation::Pending));
}

#[test]
fn a_system_time_is_milliseconds_since_1970() {
    let at = |seconds: u64| UNIX_EPOCH + Duration::from_secs(seconds);
    assert_eq!(UnixMillis::from(at(1_700_000_000)), NOW);
    assert_eq!(UnixMillis::from(UNIX_EPOCH - Duration::from_millis(1)), UnixMillis(-1));
}

#[test]
fn time_to_live_covers_the_window() {
    assert_eq!(Tolerance::default().replay_ttl(), Some(Duration::from_millis(600_001)));
    assert_eq!(
        Tolerance::new(Duration::from_secs(10), Duration::from_secs(5)).replay_ttl(),
        Some(Duration::from_millis(15_001))
    );
    assert_eq!(Tolerance::default().any_age().replay_ttl(), None);
    assert_eq!(Tolerance::default().any_lead().replay_ttl(), None);
}

#[test]
fn the_replay_key_is_of_what_was_signed() {
    let key = |id: &str, secret: &str| Key::new(id, secret, Encoding::Utf8, SecretPolicy::Strong).unwrap();
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
