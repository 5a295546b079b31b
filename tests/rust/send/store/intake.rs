//! What a store takes in: events, batches, keys and ids.

use std::collections::HashSet;

use mambo_webhooks::send::store::{Capacity, EndpointChange};
use mambo_webhooks::send::{DisableReason, SendError, State, Store, Tenant};
use mambo_webhooks::{Version, VersionPolicy};

use super::{Clocked, LEASE, SERVER, add, at, claim, counts, endpoint, enqueue, event, key, ms, settings};

/// An event goes to every enabled endpoint that takes its type, byte for byte as it came in.
pub async fn an_event_goes_to_every_enabled_endpoint_that_takes_its_type(on: &impl Clocked) {
    let store = on.store();
    add(on, "all", settings()).await;
    add(
        on,
        "one-type",
        settings().event_types(&["ActivityCreated"]).version_policy(VersionPolicy::Pinned(Version::new(8, 0, 3))),
    )
    .await;
    add(on, "off", settings()).await;
    store.change_endpoint(key("off"), EndpointChange::State(State::Disabled(DisableReason::ByHand))).await.unwrap();
    let taken = store
        .enqueue(Tenant::default(), vec![event("ActivityCreated").id("e-1"), event("Other").time("17").unwrap()])
        .await
        .unwrap();
    assert_eq!(taken.iter().map(|taken| (taken.deliveries, taken.is_new)).collect::<Vec<_>>(), [(2, true), (1, true)]);
    assert_eq!((taken[0].event.as_str(), taken[1].event.len()), ("e-1", 36));
    let claims = claim(on, 10, 0).await;
    let mut rows: Vec<_> = claims
        .iter()
        .map(|claim| {
            (claim.endpoint.id.as_str(), claim.event.event_type.as_str(), claim.event.time.as_deref(), claim.attempts)
        })
        .collect();
    rows.sort_unstable();
    let expected = [
        ("all", "ActivityCreated", None, 0),
        ("all", "Other", Some("17"), 0),
        ("one-type", "ActivityCreated", None, 0),
    ];
    assert_eq!(rows, expected);
    for claim in &claims {
        assert_eq!((claim.event.data.as_str(), claim.event.version), (r#"{"a":12345678901234567890123}"#, SERVER));
    }
    let pinned = claims.iter().find(|claim| claim.endpoint.id == "one-type").unwrap();
    assert_eq!(pinned.endpoint.version_policy(), VersionPolicy::Pinned(Version::new(8, 0, 3)));
    assert_eq!(counts(store).await, [0, 3, 3, 0]);
}

/// All of a batch or none; one key, one event; one id, one event.
pub async fn a_batch_is_taken_whole_and_each_key_and_id_once(on: &impl Clocked) {
    let store = on.store();
    add(on, "e", settings()).await;
    let keyed = || event("Other").idempotency_key("order-7");
    let first = store.enqueue(Tenant::default(), vec![keyed()]).await.unwrap().remove(0);
    let second = store.enqueue(Tenant::default(), vec![keyed()]).await.unwrap().remove(0);
    assert_eq!((first.is_new, second.is_new, second.deliveries), (true, false, 1));
    assert_eq!(first.event, second.event);
    assert_eq!(counts(store).await, [1, 0, 1, 0]);
    let twice = enqueue(on, vec![keyed(), keyed()], 1).await;
    assert!(twice.iter().all(|taken| taken.event == first.event && !taken.is_new));
    let both = || event("Other").id("both").idempotency_key("order-8");
    let pair = enqueue(on, vec![both(), both()], 1).await;
    assert_eq!(
        pair.iter().map(|taken| (taken.event.as_str(), taken.is_new)).collect::<Vec<_>>(),
        [("both", true), ("both", false)]
    );
    enqueue(on, vec![event("Other").id("same")], 0).await;
    let problem = store.enqueue(Tenant::default(), vec![event("Other"), event("Other").id("same")]).await.unwrap_err();
    assert_eq!(problem, SendError::EventExists { id: "same".into() });
    assert_eq!(counts(store).await, [3, 0, 1, 0], "the event before the refused one was not taken either");
    enqueue(on, vec![event("Other")], 0).await;
    assert_eq!(counts(store).await, [4, 0, 1, 0], "the store goes on");
}

/// Many workers at once: each delivery goes to one of them.
pub async fn many_workers_claim_each_delivery_once(on: &impl Clocked) {
    let store = on.store();
    add(on, "e", settings().max_in_flight(10_000)).await;
    enqueue(on, (0..400).map(|_| event("Other")).collect(), 0).await;
    let workers = (0..16).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut mine = Vec::new();
            loop {
                let seven = Capacity { deliveries: 7, slow: 7, bytes: usize::MAX };
                let claims = store.claim(seven, ms(LEASE)).await.unwrap().claims;
                if claims.is_empty() {
                    return mine;
                }
                mine.extend(claims.iter().map(|claim| claim.lease.delivery));
            }
        })
    });
    let mut all = Vec::new();
    for worker in workers.collect::<Vec<_>>() {
        all.extend(worker.await.unwrap());
    }
    assert_eq!((all.len(), all.iter().collect::<HashSet<_>>().len()), (400, 400));
}

/// A new secret signs first, and the old one beside it until the overlap ends.
pub async fn a_new_secret_signs_first_and_the_old_one_until_the_overlap_ends(on: &impl Clocked) {
    let store = on.store();
    add(on, "e", settings()).await;
    let valid = async |ms| {
        let endpoints = store.endpoints(None).await.unwrap();
        endpoints[0].keys().valid(at(ms)).map(|key| key.id().to_owned()).collect::<Vec<_>>().join(",")
    };
    let rotate = |secret: &str, now: i64, until: i64| EndpointChange::Rotate {
        secret: secret.into(),
        overlap: ms(until - now + 1),
    };
    on.set(at(100)).await;
    store.change_endpoint(key("e"), rotate("a second secret of length", 100, 200)).await.unwrap();
    on.set(at(150)).await;
    store.change_endpoint(key("e"), rotate("a third secret of some length", 150, 1000)).await.unwrap();
    assert_eq!((valid(150).await, valid(201).await, valid(1001).await), ("3,2,1".into(), "3,2".into(), "3".into()));
    for number in 4..=16 {
        store.change_endpoint(key("e"), rotate(&format!("secret of number {number}"), 150, 9000)).await.unwrap();
    }
    let many = store.change_endpoint(key("e"), rotate("one secret too many", 150, 9000)).await.unwrap_err();
    assert_eq!(many.to_string(), "key ring has 17 keys, allowed 16");
    let shown = format!("{:?} {:?}", store.endpoints(None).await.unwrap(), rotate("one secret too many", 0, 0));
    assert!(!shown.contains("horse") && !shown.contains("too many"), "{shown}");
    let unknown = store.change_endpoint(key("x"), rotate("a fourth secret", 0, 0)).await.unwrap_err();
    assert_eq!(unknown, SendError::EndpointUnknown { id: "x".into() });
    let exists = store.add_endpoint(endpoint("e", settings()), SERVER).await.unwrap_err();
    assert_eq!(exists, SendError::EndpointExists { id: "e".into() });
    let ping = store.enqueue_manual(event("Ping"), key("x")).await.unwrap_err();
    assert_eq!(ping.code(), "endpoint_unknown");
}
