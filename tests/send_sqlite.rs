//! The embedded store: the suite of all stores, and what is particular to a file.

#![cfg(feature = "sqlite")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    unreachable_pub,
    reason = "a test fails by panicking"
)]

#[path = "send/scratch.rs"]
mod scratch;
#[path = "send/store.rs"]
mod store;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use mambo_webhooks::UnixMillis;
use mambo_webhooks::send::{SendError, Sqlite, Store};
use scratch::Scratch;
use store::Clocked;

/// A store with clocks that the test sets.
struct OnSqlite {
    store: Sqlite,
    wall: Arc<AtomicI64>,
    scratch: Scratch,
}

impl OnSqlite {
    fn new() -> Self {
        let (scratch, wall) = (Scratch::new(), Arc::new(AtomicI64::new(0)));
        let show = |clock: &Arc<AtomicI64>| {
            let clock = Arc::clone(clock);
            move || UnixMillis(clock.load(Ordering::SeqCst))
        };
        let store = Sqlite::open_with_clocks(scratch.file("store.db"), show(&wall), show(&wall)).unwrap();
        Self { store, wall, scratch }
    }
}

impl Clocked for OnSqlite {
    type Store = Sqlite;

    fn store(&self) -> &Sqlite {
        &self.store
    }

    async fn set(&self, now: UnixMillis) {
        self.wall.store(now.0, Ordering::SeqCst);
    }

    async fn sql(&self, sql: &str) {
        let connection = rusqlite::Connection::open(self.scratch.file("store.db")).unwrap();
        connection.execute_batch(&sql.replace("TABLE:", "")).unwrap();
    }
}

macro_rules! suite {
    ($($name:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                store::$name(&OnSqlite::new()).await;
            }
        )*
    };
}

suite! {
    fans_out takes_each_event_once fences sets_poison_aside retries_and_logs retries_by_hand forgets disables recovers shares
    lanes_do_not_starve_each_other lanes_share_an_endpoint rotates hands_out_once
    a_replay_that_fails_leaves_a_delivery_delivered the_manual_lane_has_a_share_and_not_the_right_of_way
    a_rate_limit_is_applied_before_a_claim timeouts_open_the_breaker_and_an_answer_closes_it concurrency_grows_with_answers
    a_claim_keeps_to_the_worker_s_capacity gives_back an_unreadable_endpoint_stops_nothing_else
}

#[tokio::test]
async fn a_file_is_read_by_its_owner_only_and_opens_again() {
    let scratch = Scratch::new();
    let path = scratch.file("store.db");
    let first = Sqlite::open(&path).unwrap();
    first.enqueue(vec![store::event("Other").id("kept")]).await.unwrap();
    let second = Sqlite::open(&path).unwrap();
    let again = second.enqueue(vec![store::event("Other").id("kept")]).await.unwrap_err();
    assert_eq!(again.code(), "event_exists", "two have it open, and see one another's work");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn an_existing_file_with_wider_rights_is_tightened() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new();
    let path = scratch.file("store.db");
    let first = Sqlite::open(&path).unwrap();
    let files = ["store.db", "store.db-wal", "store.db-shm"].map(|name| scratch.file(name));
    for file in &files {
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o644)).unwrap();
    }
    let second = Sqlite::open(&path).unwrap();
    let modes = files.map(|file| std::fs::metadata(file).unwrap().permissions().mode() & 0o777);
    assert_eq!(modes, [0o600; 3]);
    drop((first, second));
}

#[tokio::test]
async fn a_file_that_somebody_holds_is_said_to_be_locked() {
    let scratch = Scratch::new();
    let path = scratch.file("store.db");
    let store = Sqlite::open(&path).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let problem = store.enqueue(vec![store::event("Other").id("e-1")]).await.unwrap_err();
    assert_eq!(problem.to_string(), "the store failed: database is locked");
    other.execute_batch("ROLLBACK").unwrap();
    assert!(store.enqueue(vec![store::event("Other").id("e-1")]).await.unwrap()[0].is_new);
}

#[test]
fn a_file_of_a_newer_release_and_one_that_is_no_store() {
    let scratch = Scratch::new();
    let path = scratch.file("newer.db");
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert_eq!(Sqlite::open(&path).unwrap_err(), SendError::StoreNewer { found: 99, known: 2 });
    let path = scratch.file("text.db");
    std::fs::write(&path, "not a database, and longer than the header of one would be".repeat(9)).unwrap();
    assert_eq!(Sqlite::open(&path).unwrap_err().to_string(), "the store failed: file is not a database");
    assert_eq!(Sqlite::open(scratch.path()).unwrap_err().code(), "store_failed");
}
