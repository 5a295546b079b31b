//! The embedded store: the suite of all stores, and what is particular to a file.

#![cfg(feature = "send")]
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

use mambo_webhooks::UnixMillis;
use mambo_webhooks::send::{SendError, Sqlite, Store};
use scratch::Scratch;

macro_rules! suite {
    ($($name:ident)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                let scratch = Scratch::new();
                store::$name(&Sqlite::open(scratch.file("store.db")).unwrap()).await;
            }
        )*
    };
}

suite! {
    fans_out takes_each_event_once fences sets_poison_aside retries_and_logs retries_by_hand forgets disables recovers shares
    lanes_do_not_starve_each_other lanes_share_an_endpoint rotates
}

#[tokio::test(flavor = "multi_thread")]
async fn hands_out_once() {
    let scratch = Scratch::new();
    store::hands_out_once(&Sqlite::open(scratch.file("store.db")).unwrap()).await;
}

#[tokio::test]
async fn a_file_is_read_by_its_owner_only_and_opens_again() {
    let scratch = Scratch::new();
    let path = scratch.file("store.db");
    let first = Sqlite::open(&path).unwrap();
    first.enqueue(vec![store::event("Other").id("kept")], UnixMillis(0)).await.unwrap();
    let second = Sqlite::open(&path).unwrap();
    let again = second.enqueue(vec![store::event("Other").id("kept")], UnixMillis(0)).await.unwrap_err();
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
    let problem = store.enqueue(vec![store::event("Other").id("e-1")], UnixMillis(0)).await.unwrap_err();
    assert_eq!(problem.to_string(), "the store failed: database is locked");
    other.execute_batch("ROLLBACK").unwrap();
    assert!(store.enqueue(vec![store::event("Other").id("e-1")], UnixMillis(0)).await.unwrap()[0].is_new);
}

#[test]
fn a_file_of_a_newer_release_and_one_that_is_no_store() {
    let scratch = Scratch::new();
    let path = scratch.file("newer.db");
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert_eq!(Sqlite::open(&path).unwrap_err(), SendError::StoreNewer { found: 99, known: 1 });
    let path = scratch.file("text.db");
    std::fs::write(&path, "not a database, and longer than the header of one would be".repeat(9)).unwrap();
    assert_eq!(Sqlite::open(&path).unwrap_err().to_string(), "the store failed: file is not a database");
    assert_eq!(Sqlite::open(scratch.path()).unwrap_err().code(), "store_failed");
}
