//! Keys are exchanged while workers run: the sealing key, and endpoints' secrets.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::Stdio;

use mambo_webhooks::{KeyRing, UnixMillis};

use super::super::program::{text, until};
use super::super::receiver::{Manner, Receiver};
use super::{DELIVERED, Kind, NEW, OLD, PAYLOAD, Place, SECRET, signal};

const EVENTS: usize = 150;

/// Takes events and returns their ids, printed when each was on disk.
fn send(place: &Place, keys: &str) -> Vec<String> {
    let mut child = place.command(keys, "send --type Other --lines");
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let line = format!("{{\"mail\":\"{PAYLOAD}\"}}\n");
    child.stdin.take().unwrap().write_all(line.repeat(EVENTS).as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    text(&output.stdout).lines().map(str::to_owned).collect()
}

/// What is in plain text in a store is sealed while a worker runs, the sealing key is exchanged, and endpoints' secrets are
/// rotated: all events arrive, each signed with a secret that the endpoint had.
async fn under_load(kind: Kind) {
    let receiver = Receiver::start(vec![Manner::Says(DELIVERED.into())]).await;
    let place = Place::new(kind, &receiver).await;
    place.run("", &format!("endpoint add e {} --max-in-flight 16", place.url));
    let both = [NEW, "\n", OLD].concat();
    let mut workers = vec![place.worker(OLD)];
    let mut acknowledged = send(&place, "");
    // A sender without the key goes on: it needs no secret.
    assert_eq!(place.run(OLD, "seal").0, "1 endpoint is sealed\n0 events are sealed");
    acknowledged.extend(send(&place, ""));
    assert_eq!(place.run(OLD, "seal --payloads").0.lines().next(), Some("0 endpoints are sealed"));
    if kind == Kind::File {
        assert_eq!(place.found(&[SECRET, PAYLOAD]), BTreeSet::new(), "the file was written anew");
    }
    let missing = "mambo-webhooks: seal_key_missing: sealed under key `2026-01`, which is not there; \
                   give it with `--sealing-key` or `MAMBO_SEALING_KEY`";
    assert_eq!(place.run("", "endpoint rotate e").1, missing);
    assert_eq!(place.run("", "seal").1, "mambo-webhooks: seal needs --sealing-key or MAMBO_SEALING_KEY");
    workers.push(place.worker(&both));
    signal(&workers[0], "-TERM");
    let mut secrets = vec![SECRET.to_owned()];
    for number in 0..6 {
        acknowledged.extend(send(&place, &both));
        let secret = format!("secret number {number} of some length");
        // Another process seals at the same time.
        let mut sealing = place.command(&both, "seal --payloads").stdout(Stdio::null()).spawn().unwrap();
        let rotated = place.command(&both, "endpoint rotate e").env("MAMBO_SECRET", &secret).output().unwrap();
        assert_eq!(text(&rotated.stdout), "e is signed with the new secret\n", "{}", text(&rotated.stderr));
        assert!(sealing.wait().unwrap().success());
        secrets.push(secret);
        if number == 2 {
            assert!(place.run(&both, "seal --payloads").0.starts_with("0 endpoints are sealed"), "rotating sealed it");
            workers.push(place.worker(NEW));
            signal(&workers[1], "-TERM");
        }
    }
    acknowledged.extend(send(&place, NEW));
    until("all events", || receiver.requests().len() > acknowledged.len());
    signal(&workers[2], "-TERM");
    for mut worker in workers {
        let status = worker.wait().unwrap();
        assert!(status.success(), "{status}; the workers said last: {}", place.last_words());
    }
    let (seen, signed_by) = verified(&receiver, &secrets);
    let lost: Vec<_> = acknowledged.iter().filter(|id| !seen.contains(*id)).collect();
    assert_eq!((acknowledged.len(), lost.len()), (9 * EVENTS, 0));
    assert!(signed_by.contains(&0), "the first secret signed first");
    assert!(signed_by.contains(&secrets.len().saturating_sub(1)), "the last one signed last");
    // In a database, the first secret was once there in plain text.
    let sealed = secrets.iter().skip(usize::from(kind != Kind::File));
    assert_eq!(place.found(&sealed.map(String::as_str).collect::<Vec<_>>()), BTreeSet::new());
}

/// The ids of all events that came in, and the numbers of the secrets that signed them. Each request has to be signed.
fn verified(receiver: &Receiver, secrets: &[String]) -> (BTreeSet<String>, BTreeSet<usize>) {
    let known: Vec<_> = secrets.iter().map(|secret| KeyRing::single(secret).unwrap()).collect();
    let (mut seen, mut signed_by) = (BTreeSet::new(), BTreeSet::new());
    for request in receiver.requests() {
        let (_, header) = request.headers.iter().find(|(name, _)| name == "x-mambo-signature").unwrap();
        let seconds = header.strip_prefix("t=").unwrap().split(',').next().unwrap().parse().unwrap();
        // While secrets overlap each signs; the newest stands first.
        let verified = known.iter().enumerate().rev().find_map(|(number, keys)| {
            let core = mambo_webhooks::Receiver::new(keys.clone());
            let received = core.receive(&request.headers, &request.body, UnixMillis::from_seconds(seconds)).ok()?;
            Some((number, received.id.unwrap().into_owned()))
        });
        let (number, id) = verified.expect("signed with a secret of the endpoint");
        signed_by.insert(number);
        seen.insert(id);
    }
    (seen, signed_by)
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_rotated_under_load_and_no_event_is_lost_or_unsigned() {
    under_load(Kind::File).await;
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn keys_are_rotated_under_load_and_no_event_is_lost_or_unsigned_in_postgresql() {
    under_load(Kind::Database).await;
}

/// After `seal` and what docs/SENDER.md tells the database's owner, its tables hold nothing in plain text.
#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn a_vacuum_ends_what_postgresql_kept_of_plain_text() {
    let receiver = Receiver::start(vec![Manner::Says(DELIVERED.into())]).await;
    let mut place = Place::new(Kind::Database, &receiver).await;
    place.run("", &format!("endpoint add e {}", place.url));
    send(&place, "");
    let client = super::super::cluster::connect(&place.store).await;
    client.batch_execute("CHECKPOINT").await.unwrap();
    let tables = place.searched[1].join("data/base");
    place.searched = vec![tables];
    assert_eq!(place.found(&[SECRET, PAYLOAD]).len(), 2, "in a file each");
    assert_eq!(place.run(OLD, "seal --payloads").0, format!("1 endpoint is sealed\n{} events are sealed", EVENTS + 1));
    client.batch_execute("CHECKPOINT").await.unwrap();
    assert_eq!(place.found(&[SECRET, PAYLOAD]).len(), 2, "old versions of rows");
    for sql in ["VACUUM FULL mambo_endpoint", "VACUUM FULL mambo_event", "CHECKPOINT"] {
        client.batch_execute(sql).await.unwrap();
    }
    assert_eq!(place.found(&[SECRET, PAYLOAD]), BTreeSet::new());
}
