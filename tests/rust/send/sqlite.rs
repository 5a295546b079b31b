//! The embedded store: the suite of all stores, and what is particular to a file.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use mambo_webhooks::send::store::{Capacity, Settlement};
use mambo_webhooks::send::store::{Effect, Next};
use mambo_webhooks::send::{
    AddressPolicy, AttemptRecord, DisableRule, Endpoint, Failure, SendError, Sqlite, State, Store, Tenant,
};
use mambo_webhooks::{UnixMillis, Version};

use super::scratch::Scratch;
use super::store;
use super::store::Clocked;

/// A store with clocks that the test sets.
struct OnSqlite {
    store: Sqlite,
    wall: Arc<AtomicI64>,
    scratch: Scratch,
}

impl OnSqlite {
    fn new() -> Self {
        Self::over(Scratch::new())
    }

    fn over(scratch: Scratch) -> Self {
        let wall = Arc::new(AtomicI64::new(0));
        let store = Sqlite::open_with_clocks(scratch.file("store.db"), shown(&wall), shown(&wall)).unwrap();
        Self { store, wall, scratch }
    }
}

/// A clock that shows a number.
fn shown(number: &Arc<AtomicI64>) -> impl Fn() -> UnixMillis + Send + Sync + 'static {
    let number = Arc::clone(number);
    move || UnixMillis(number.load(Ordering::SeqCst))
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

store::laws!(suite);

#[tokio::test]
async fn a_store_of_the_release_before_goes_on() {
    let scratch = Scratch::new();
    let old = rusqlite::Connection::open(scratch.file("store.db")).unwrap();
    old.execute_batch(include_str!("fixtures/sqlite-13fcaee.sql")).unwrap();
    let one_type =
        r#"UPDATE endpoint SET settings = json_set(settings, '$.kinds', json('["ActivityCreated"]')) WHERE id = 'ok'"#;
    assert_eq!(old.execute(one_type, []).unwrap(), 1);
    drop(old);
    store::a_store_of_the_release_before_goes_on(&OnSqlite::over(scratch)).await;
}

/// The wall clock is set by minutes and by a day, in both directions, while a delivery is leased and a retry waits.
#[tokio::test]
async fn a_clock_that_is_set_ends_no_lease_and_delays_no_retry() {
    const START: i64 = 1_700_000_000_000;
    let second = Duration::from_secs(1);
    let everything = Capacity { deliveries: 10, slow: 10, bytes: usize::MAX };
    for jump in [120_000, -120_000, 86_400_000, -86_400_000] {
        let scratch = Scratch::new();
        let (wall, steady) = (Arc::new(AtomicI64::new(START)), Arc::new(AtomicI64::new(5000)));
        let open = || Sqlite::open_with_clocks(scratch.file("store.db"), shown(&wall), shown(&steady)).unwrap();
        let pass = |by: i64| {
            wall.fetch_add(by, Ordering::SeqCst);
            steady.fetch_add(by, Ordering::SeqCst);
        };
        let store = open();
        let endpoint =
            Endpoint::new("e".into(), store::settings(), State::Enabled, &AddressPolicy::public_only()).unwrap();
        store.add_endpoint(endpoint, Version::new(9, 0, 0)).await.unwrap();
        let retried = store.claim(everything, 45 * second).await.unwrap().claims.remove(0);
        let attempt = AttemptRecord::set_aside(Failure::WorkerLost, 0, false, UnixMillis(START));
        let (lease, endpoint, next) = (retried.lease, store::key("e"), Next::Retry(10 * second));
        let settlement = Settlement { lease, endpoint, attempt, next, effect: Effect::None };
        store.settle([settlement].into(), DisableRule::default(), store::SERVER).await.unwrap();
        let warm = rusqlite::Connection::open(scratch.file("store.db")).unwrap();
        warm.execute_batch("UPDATE status SET concurrency = 8").unwrap();
        store.enqueue(Tenant::default(), vec![store::event("Other")]).await.unwrap();
        let leased = store.claim(everything, 45 * second).await.unwrap().claims.remove(0);

        wall.fetch_add(jump, Ordering::SeqCst);
        // Another process looks first, then this one.
        for store in [&open(), &store] {
            assert_eq!(store.reclaim_expired(store::SERVER).await.unwrap().leases, 0, "{jump}: the lease holds");
            let found = store.claim(everything, 45 * second).await.unwrap();
            assert_eq!((found.claims.len(), found.due_in), (0, Some(10 * second)), "{jump}: the retry waits as long");
        }
        pass(9999);
        assert_eq!(store.claim(everything, 45 * second).await.unwrap().claims.len(), 0, "{jump}");
        pass(1);
        store.enqueue(Tenant::default(), vec![store::event("Other")]).await.unwrap();
        let found = store.claim(everything, 45 * second).await.unwrap().claims;
        assert_eq!(found.iter().map(|claim| claim.attempts).max(), Some(1), "{jump}: the retry comes in its time");
        pass(35_001);
        assert_eq!(store.extend(vec![leased.lease], second).await.unwrap(), [], "{jump}: it was not taken");
        pass(1001);
        assert!(store.reclaim_expired(store::SERVER).await.unwrap().leases >= 1, "{jump}: a lease ends all the same");
    }
}

#[tokio::test]
async fn events_join_the_callers_transaction() {
    let on = OnSqlite::new();
    on.set(UnixMillis(1)).await;
    let endpoint = Endpoint::new("e".into(), store::settings(), State::Enabled, &AddressPolicy::public_only()).unwrap();
    on.store.add_endpoint(endpoint, Version::new(9, 0, 0)).await.unwrap();
    let mut connection = rusqlite::Connection::open(on.scratch.file("store.db")).unwrap();
    connection.execute_batch("CREATE TABLE orders (id INTEGER)").unwrap();
    for (commits, waiting) in [(false, 1), (true, 2)] {
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
        transaction.execute("INSERT INTO orders VALUES (7)", []).unwrap();
        let taken = on.store.enqueue_in(&transaction, &Tenant::default(), vec![store::event("Other")]).unwrap();
        assert_eq!(taken[0].deliveries, 1);
        if commits {
            transaction.commit().unwrap();
        } else {
            transaction.rollback().unwrap();
        }
        assert_eq!(on.store.counts(None).await.unwrap().waiting(), waiting);
    }
}

#[tokio::test]
async fn what_another_connection_writes_is_noticed() {
    let on = OnSqlite::new();
    on.store.changed().await;
    let other = Sqlite::open(on.scratch.file("store.db")).unwrap();
    let noticed = tokio::spawn({
        let store = on.store.clone();
        async move { store.changed().await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!noticed.is_finished(), "nothing was written");
    other.enqueue(Tenant::default(), vec![store::event("Other")]).await.unwrap();
    noticed.await.unwrap();
}

#[test]
fn only_a_path_is_taken_for_a_store() {
    for name in ["", ":memory:", "file:store.db?mode=memory"] {
        let problem = Sqlite::open(name).unwrap_err();
        assert_eq!(problem.to_string(), "the store failed: the store is the path of a file", "{name}");
    }
}

#[tokio::test]
async fn a_file_is_read_by_its_owner_only_and_opens_again() {
    let scratch = Scratch::new();
    let path = scratch.file("store.db");
    let first = Sqlite::open(&path).unwrap();
    first.enqueue(Tenant::default(), vec![store::event("Other").id("kept")]).await.unwrap();
    let second = Sqlite::open(&path).unwrap();
    let again = second.enqueue(Tenant::default(), vec![store::event("Other").id("kept")]).await.unwrap_err();
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
    let problem = store.enqueue(Tenant::default(), vec![store::event("Other").id("e-1")]).await.unwrap_err();
    assert_eq!(problem.to_string(), "the store failed: database is locked");
    other.execute_batch("ROLLBACK").unwrap();
    assert!(store.enqueue(Tenant::default(), vec![store::event("Other").id("e-1")]).await.unwrap()[0].is_new);
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
