//! The whole schedule under a clock of the test's own: every attempt in its time, each signed afresh.

use std::collections::HashSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use mambo_webhooks::send::store::Capacity;
use mambo_webhooks::send::{EndpointSettings, LogQuery, NewEvent, Selection, Sender, Sqlite, Store, WorkerOptions};
use mambo_webhooks::{KeyRing, Profile, Renderer, Shims, UnixMillis, Version, VersionPolicy};

use super::receiver::{Manner, Receiver};
use super::scratch::Scratch;

const SECRET: &str = "correct horse battery staple";
const NEXT_SECRET: &str = "another horse, another staple";
const START: i64 = 1_700_000_000_000;

static NOW: AtomicI64 = AtomicI64::new(START);

fn clock() -> UnixMillis {
    UnixMillis(NOW.load(Ordering::SeqCst))
}

/// Three days of a receiver that is down.
#[tokio::test]
async fn ten_attempts_in_three_days_then_dead_then_by_hand() {
    let scratch = Scratch::new();
    let failing = Manner::Says("HTTP/1.1 500 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".into());
    let receiver = Receiver::start(vec![failing]).await;
    let file = scratch.file("store.db");
    let open = |server| {
        let registry = include_str!("../../../examples/registry/payload-9.0.0.json");
        let renderer = Renderer::new(Profile::default(), Shims::from_json(registry).unwrap(), server).unwrap();
        let store = Sqlite::open_with_clocks(&file, clock, clock).unwrap();
        Sender::new(store, renderer, receiver.options())
    };
    let (old, new) = (Version::new(8, 10, 2), Version::new(9, 0, 0));
    let sender = open(old);
    sender
        .add_endpoint("latest", EndpointSettings::new(&receiver.url(), SECRET).header("x-endpoint", "latest"))
        .await
        .unwrap();
    let pinned = EndpointSettings::new(&receiver.url(), SECRET)
        .header("x-endpoint", "pinned")
        .version_policy(VersionPolicy::Pinned(old));
    sender.add_endpoint("pinned", pinned).await.unwrap();
    sender.worker(WorkerOptions::default()).unwrap().run_due().await.unwrap();
    receiver.requests.lock().unwrap().clear();
    let event = NewEvent::new("PointWalletUpdated", old, r#"{"exampleField":"value"}"#).unwrap().id("e-1");
    assert_eq!(sender.send(event).await.unwrap().deliveries, 2);

    let mut sender = sender;
    let mut times = Vec::new();
    for attempt in 1..=10 {
        if attempt == 5 {
            // The server is upgraded in the middle, and the secret changed.
            sender = open(new);
            sender.rotate_secret("latest", NEXT_SECRET, Duration::from_secs(100 * 3600)).await.unwrap();
        }
        let mut worker = sender.worker(WorkerOptions::default()).unwrap();
        // Each of the two deliveries has its jitter.
        loop {
            worker.run_due().await.unwrap();
            let lines = log(&sender).await;
            if lines.iter().filter(|line| line.attempt.number == attempt).count() == 2 {
                break;
            }
            NOW.fetch_add(due_in(&sender).await.unwrap(), Ordering::SeqCst);
        }
        times.push(clock().0);
    }
    assert_eq!(due_in(&sender).await, None, "there is no eleventh");
    let lines = log(&sender).await;
    let started = |endpoint: &str| {
        let mut times: Vec<i64> =
            lines.iter().filter(|line| line.endpoint.id() == endpoint).map(|line| line.attempt.started.0).collect();
        times.sort_unstable();
        times
    };
    for endpoint in ["latest", "pinned"] {
        let times = started(endpoint);
        assert_eq!(times.len(), 10);
        for (pair, base) in times.windows(2).zip([5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400_i64]) {
            let (wait, base) = (pair[1] - pair[0], base * 1000);
            // A worker comes to a delivery when it is due, or when the other one is.
            assert!(
                (base..=base + 2 * (base / 10).clamp(2000, 900_000)).contains(&wait),
                "{endpoint}: {wait} after {base}"
            );
        }
    }
    assert!(lines.iter().all(|line| line.state == "dead"));

    // By hand, once more each.
    let deliveries: HashSet<i64> = lines.iter().map(|line| line.delivery).collect();
    for delivery in deliveries {
        assert_eq!(sender.retry(Selection::One(delivery)).await.unwrap(), 1);
    }
    NOW.fetch_add(due_in(&sender).await.unwrap_or(0) + 1000, Ordering::SeqCst);
    sender.worker(WorkerOptions::default()).unwrap().run_due().await.unwrap();
    assert_eq!(due_in(&sender).await, None);
    verify(&receiver, &log(&sender).await);
}

/// In how many milliseconds something is due.
async fn due_in(sender: &Sender<Sqlite>) -> Option<i64> {
    let nothing = Capacity { deliveries: 0, slow: 0, bytes: 0 };
    let found = sender.store().claim(nothing, Duration::from_secs(60)).await.unwrap();
    found.due_in.map(|wait| i64::try_from(wait.as_millis()).unwrap())
}

async fn log(sender: &Sender<Sqlite>) -> Vec<mambo_webhooks::send::store::LogLine> {
    sender.store().log(LogQuery::default().event("e-1").limit(100)).await.unwrap()
}

/// All 22 requests verify, no two share a signature, and the payload follows the policy across the upgrade.
fn verify(receiver: &Receiver, lines: &[mambo_webhooks::send::store::LogLine]) {
    let requests = receiver.requests();
    assert_eq!((requests.len(), lines.len()), (22, 22));
    let mut signatures = HashSet::new();
    let mut bodies = std::collections::BTreeMap::<String, u32>::new();
    let mut by_next = 0;
    for request in &requests {
        let header = |name: &str| request.headers.iter().find(|(found, _)| found == name).unwrap().1.as_str();
        let (signature, endpoint) = (header("x-mambo-signature"), header("x-endpoint"));
        let seconds: i64 = signature.strip_prefix("t=").unwrap().split(',').next().unwrap().parse().unwrap();
        let accepts = |secret| {
            let core = mambo_webhooks::Receiver::new(KeyRing::single(secret).unwrap());
            core.receive(&request.headers, &request.body, UnixMillis::from_seconds(seconds)).is_ok()
        };
        assert!(accepts(SECRET), "the old secret still signs");
        by_next += u32::from(accepts(NEXT_SECRET));
        assert!(signatures.insert((endpoint, signature)), "no two attempts at an endpoint share a signature");
        let body = String::from_utf8(request.body.clone()).unwrap();
        let shape = body.split_once(r#""version":"#).unwrap().1.to_owned();
        *bodies.entry(shape).or_default() += 1;
    }
    assert_eq!(by_next, 7, "six attempts of the schedule and one by hand carry both signatures");
    let expected =
        [(r#""8.10.2","data":{"exampleField":"value"}}"#, 15), (r#""9.0.0","data":{"newExampleField":"value"}}"#, 7)];
    assert_eq!(bodies, expected.map(|(body, count)| (body.to_owned(), count)).into());
    let versions = |endpoint: &str, version| {
        lines.iter().filter(|line| line.endpoint.id() == endpoint && line.attempt.version == Some(version)).count()
    };
    assert_eq!((versions("latest", Version::new(8, 10, 2)), versions("latest", Version::new(9, 0, 0))), (4, 7));
    assert_eq!(versions("pinned", Version::new(8, 10, 2)), 11);
}
