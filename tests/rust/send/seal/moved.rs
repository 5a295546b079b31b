//! What is sealed for one place does not open in another, and stops nothing else.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mambo_webhooks::send::store::Capacity;
use mambo_webhooks::send::{
    AddressPolicy, EndpointSettings, HttpOptions, LocalKeys, NewEvent, SealReport, Sealer, SendError, Sender, Sqlite,
    Store, Tenant,
};
use mambo_webhooks::{Profile, Renderer, Shims, Version};

use tokio::task::JoinSet;

use super::super::program::text;
use super::super::scratch::Scratch;
use super::{HEADER, NEW, OLD, SECRET};

const SERVER: Version = Version::new(9, 0, 0);
const SECOND: &str = "a second secret of length";

pub fn sender_of<S: Store>(store: S) -> Sender<S> {
    let renderer = Renderer::new(Profile::default(), Shims::default(), SERVER).unwrap();
    Sender::new(store, renderer, HttpOptions::new(AddressPolicy::allowing(vec!["192.0.2.0/24".parse().unwrap()])))
}

fn sealer(keys: &str) -> Sealer {
    Sealer::new(LocalKeys::from_text(keys).unwrap()).with_payloads()
}

fn sender(file: &Path, keys: &str) -> Sender<Sqlite> {
    let store = Sqlite::open(file).unwrap();
    sender_of(if keys.is_empty() { store } else { store.sealed(sealer(keys)) })
}

pub fn settings() -> EndpointSettings {
    EndpointSettings::new("https://192.0.2.1/", SECRET).header("authorization", HEADER)
}

fn broken() -> SendError {
    SendError::SealBroken { id: "2026-01".into() }
}

#[tokio::test]
async fn a_sealed_value_that_was_moved_does_not_open() {
    let scratch = Scratch::new();
    let file = scratch.file("store.db");
    let first = sender(&file, OLD);
    let other_tenant = first.for_tenant(&Tenant::new("other").unwrap());
    first.add_endpoint("a", settings()).await.unwrap();
    first.add_endpoint("b", settings()).await.unwrap();
    other_tenant.add_endpoint("a", settings()).await.unwrap();
    assert_eq!(first.endpoint("a").await.unwrap().settings, settings());
    let connection = rusqlite::Connection::open(&file).unwrap();
    let moved =
        "UPDATE endpoint SET revision = 99, settings = (SELECT settings FROM endpoint WHERE id = 'default\u{1f}a')
        WHERE id <> 'default\u{1f}a'";
    assert_eq!(connection.execute(moved, []).unwrap(), 2);
    let problem = first.endpoint("b").await.unwrap_err();
    let sentence =
        "what is sealed under key `2026-01` does not open: it was changed or moved, or the key is another one";
    assert_eq!((problem.code(), problem.to_string().as_str()), ("seal_broken", sentence));
    assert_eq!(other_tenant.endpoint("a").await.unwrap_err(), broken());
    assert_eq!(first.endpoints().await.unwrap().len(), 1, "the others go on");
    assert_eq!(first.counts().await.unwrap().unreadable, 1);
    assert_eq!(first.rotate_secret("b", SECOND, Duration::ZERO).await.unwrap_err(), broken());
    // What cannot be opened does not keep the others from being sealed under a newer key.
    let both = sender(&file, &[NEW, "\n", OLD].concat());
    let report = SealReport { endpoints: 1, events: 3, skipped: 2, problem: Some(broken()) };
    assert_eq!(both.seal(true).await.unwrap(), report);
    assert_eq!(both.seal(true).await.unwrap(), SealReport { endpoints: 0, events: 0, ..report });
    assert_eq!(both.endpoint("a").await.unwrap().settings, settings());
}

#[tokio::test]
async fn a_payload_that_was_moved_to_another_event_does_not_open() {
    let scratch = Scratch::new();
    let file = scratch.file("store.db");
    let sender = sender(&file, OLD);
    sender.add_endpoint("e", settings()).await.unwrap();
    for (id, data) in [("1", "[1]"), ("2", "[2]"), ("3", "[3]")] {
        sender.send(NewEvent::new("Other", SERVER, data).unwrap().id(id)).await.unwrap();
    }
    let connection = rusqlite::Connection::open(&file).unwrap();
    let moved = "UPDATE event SET data = (SELECT data FROM event WHERE id = '1') WHERE id = '2'";
    assert_eq!(connection.execute(moved, []).unwrap(), 1);
    let capacity = Capacity { deliveries: 10, slow: 10, bytes: usize::MAX };
    let mut claims = Vec::new();
    // The first claim of an endpoint takes one delivery only.
    for _ in 0..4 {
        claims.extend(sender.store().claim(capacity, Duration::from_secs(60)).await.unwrap().claims);
        let sql = "UPDATE status SET concurrency = 8";
        connection.execute(sql, []).unwrap();
    }
    let event =
        |id: &str| claims.iter().find(|claim| claim.event.id == id).map(|claim| Arc::clone(&claim.event)).unwrap();
    assert_eq!((event("1").data.as_str(), event("3").data.as_str()), ("[1]", "[3]"));
    assert_eq!((event("1").unopened.clone(), event("2").unopened.clone()), (None, Some(broken())));
    assert!(event("2").data.starts_with("sealed:1:2026-01:"));
}

#[tokio::test]
async fn a_store_without_the_key_says_which_is_missing() {
    let scratch = Scratch::new();
    let file = scratch.file("store.db");
    let first = sender(&file, OLD);
    for id in ["a", "b"] {
        first.add_endpoint(id, settings()).await.unwrap();
    }
    for keys in ["", NEW] {
        let other = sender(&file, keys);
        let missing = SendError::SealKeyMissing { id: "2026-01".into() };
        assert_eq!(other.endpoint("a").await.unwrap_err(), missing);
        assert_eq!(other.rotate_secret("a", SECOND, Duration::ZERO).await.unwrap_err(), missing);
        assert_eq!(other.store().counts(None).await.unwrap().unreadable, 2);
    }
    let report = SealReport {
        skipped: 2,
        problem: Some(SendError::SealKeyMissing { id: "2026-01".into() }),
        ..SealReport::default()
    };
    assert_eq!(sender(&file, NEW).seal(false).await.unwrap(), report);
    assert_eq!(sender(&file, "").seal(false).await.unwrap_err().code(), "seal_failed");
}

/// A secret that is rotated while other processes seal stays: two of them with different first keys, so that each finds
/// something to do.
async fn rotations_stay<S: Store + Clone + 'static>(of_keys: impl AsyncFn(&str) -> S) {
    let (old_first, new_first) = ([OLD, "\n", NEW].concat(), [NEW, "\n", OLD].concat());
    let sender = sender_of(of_keys(&old_first).await);
    sender.add_endpoint("e", settings()).await.unwrap();
    let sealed = [Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0))];
    let mut sealing = JoinSet::new();
    for (keys, sealed) in [&old_first, &new_first].into_iter().zip(&sealed) {
        let (store, sealed) = (of_keys(keys).await, Arc::clone(sealed));
        sealing.spawn(async move {
            loop {
                let (report, _) = store.seal_endpoints(String::new()).await.unwrap();
                sealed.fetch_add(report.endpoints, Ordering::SeqCst);
            }
        });
    }
    let mut number = 1;
    while number < 40 || sealed.iter().any(|sealed| sealed.load(Ordering::SeqCst) < 10) {
        number += 1;
        sender.rotate_secret("e", &format!("secret number {number} of some length"), Duration::ZERO).await.unwrap();
        let shown = format!("{:?}", sender.endpoint("e").await.unwrap().settings);
        assert!(shown.contains(&format!("keys: [\"{}\", \"{number}\"]", number - 1)), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_is_not_lost_while_other_processes_seal() {
    let scratch = Scratch::new();
    let file = scratch.file("store.db");
    rotations_stay(async |keys: &str| Sqlite::open(&file).unwrap().sealed(sealer(keys))).await;
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_is_not_lost_while_other_processes_seal_in_postgresql() {
    let cluster = super::super::cluster::Cluster::start();
    let url = cluster.database().await;
    rotations_stay(async |keys: &str| {
        mambo_webhooks::send::Postgres::connect(&url).await.unwrap().sealed(sealer(keys))
    })
    .await;
}

#[test]
fn seal_tells_what_it_left_as_it_was() {
    let scratch = Scratch::new();
    let file = scratch.file("store.db").to_string_lossy().into_owned();
    let run = |keys: &str, words: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mambo-webhooks"));
        command.args(words.split(' ')).args(["--store", &file]).env("MAMBO_SECRET", SECRET);
        let output = command.env("MAMBO_SEALING_KEY", keys).output().unwrap();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    for id in ["a", "b"] {
        assert_eq!(run(OLD, &format!("endpoint add {id} https://192.0.2.1/ --allow 192.0.2.0/24")).0, Some(0));
    }
    let connection = rusqlite::Connection::open(&file).unwrap();
    let moved = "UPDATE endpoint SET settings = (SELECT settings FROM endpoint WHERE id LIKE '%a') WHERE id LIKE '%b'";
    assert_eq!(connection.execute(moved, []).unwrap(), 1);
    let both = [NEW, "\n", OLD].concat();
    let left = format!("mambo-webhooks: 1 value is left as before; first: seal_broken: {}\n", broken());
    assert_eq!(run(&both, "seal"), (Some(1), "1 endpoint is sealed\n0 events are sealed\n".into(), left.clone()));
    let json = "{\"endpoints\":0,\"events\":2,\"skipped\":1}\n".into();
    assert_eq!(run(&both, "seal --payloads --json"), (Some(1), json, left));

    // A reader that keeps an old version of the file keeps the write-ahead log from being emptied.
    connection.execute_batch("BEGIN; SELECT count(*) FROM endpoint").unwrap();
    let busy = "mambo-webhooks: store_failed: the store failed: all is sealed, but another program reads the file, so its \
                write-ahead log could not be emptied; end that program and run `seal` again\n";
    assert_eq!(run(&both, "seal"), (Some(1), String::new(), busy.into()));
    connection.execute_batch("COMMIT").unwrap();
    assert_eq!(run(&both, "seal").1, "0 endpoints are sealed\n0 events are sealed\n");
    assert_eq!(std::fs::metadata(format!("{file}-wal")).unwrap().len(), 0);
}
