//! What a worker leaves behind that is killed with deliveries under way.

use std::collections::BTreeSet;
use std::process::Command;

use super::super::program::{text, until};
use super::super::receiver::{Manner, Receiver};
use super::super::scratch::Scratch;
use super::{DELIVERED, HEADER, Kind, OLD, PAYLOAD, Place, SECRET, signal};

/// Kills a worker with deliveries under way, and says which secrets are in what it and its store leave behind.
async fn left_behind(kind: Kind, keys: &str, kill: &str) -> BTreeSet<String> {
    let receiver = Receiver::start(vec![Manner::SaysAfter(300, DELIVERED)]).await;
    let place = Place::new(kind, &receiver).await;
    let headers = place.beside.file("headers").to_string_lossy().into_owned();
    let (_, said) = place.run(keys, &format!("endpoint add e {} --headers {headers}", place.url));
    let plain = "mambo-webhooks: secrets are stored in plain text; seal them with --sealing-key: see `seal --help`";
    assert_eq!(said, if keys.is_empty() { plain } else { "" });
    let payloads = if keys.is_empty() { "" } else { " --seal-payloads" };
    let data = place.beside.file("data").to_string_lossy().into_owned();
    std::fs::write(&data, format!("{{\"mail\":\"{PAYLOAD}\"}}\n").repeat(50)).unwrap();
    let (ids, problem) = place.run(keys, &format!("send --type Other --lines --data {data}{payloads}"));
    assert_eq!(ids.lines().count(), 50, "{problem}");
    let mut worker = place.worker(keys);
    until("a delivery", || receiver.requests().len() > 2);
    if cfg!(target_os = "linux") {
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", worker.id())).unwrap();
        let core = limits.lines().find_map(|line| line.strip_prefix("Max core file size")).unwrap();
        assert_eq!(core.split_whitespace().collect::<Vec<_>>(), ["0", "0", "bytes"], "no core file for any handler");
    }
    signal(&worker, kill);
    worker.wait().unwrap();
    let requests = receiver.requests();
    assert!(requests.iter().any(|request| text(&request.body).contains(PAYLOAD)));
    assert!(requests.iter().all(|request| request.headers.contains(&("authorization".into(), HEADER.into()))));
    place.found(&[SECRET, HEADER, PAYLOAD])
}

async fn leaves_nothing(kind: Kind) {
    for kill in ["-KILL", "-ABRT"] {
        assert_eq!(left_behind(kind, OLD, kill).await, BTreeSet::new(), "{kill}");
    }
    let plain = left_behind(kind, "", "-KILL").await;
    for secret in [SECRET, HEADER, PAYLOAD] {
        assert!(plain.iter().any(|found| found.ends_with(secret)), "without a key it is there: {plain:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_killed_leaves_no_secret_in_plain_text() {
    if std::fs::read_to_string("/proc/sys/kernel/core_pattern").is_ok_and(|pattern| pattern == "core\n") {
        let other = Scratch::new();
        let aborts = ["-c", "ulimit -c unlimited; kill -ABRT $$"];
        Command::new("sh").args(aborts).current_dir(other.path()).status().unwrap();
        assert_eq!(std::fs::read_dir(other.path()).unwrap().count(), 1, "another process leaves a dump of its memory");
    }
    leaves_nothing(Kind::File).await;
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_killed_leaves_no_secret_in_plain_text_in_postgresql() {
    leaves_nothing(Kind::Database).await;
}
