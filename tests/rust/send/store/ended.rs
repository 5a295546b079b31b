//! Deliveries that ended, or failed and come again: retries, replays, pruning.

use std::time::Duration;

use mambo_webhooks::send::store::{Effect, EndpointChange, Next, Settled};
use mambo_webhooks::send::{
    AttemptRecord, AttemptResponse, DisableReason, LogQuery, NewEvent, Prune, Selection, State, Store, Tenant,
};

use super::{
    Clocked, NOTHING, SERVER, add, at, claim, claimed, counts, enqueue, event, event_types, key, log, ms, retry,
    settings, settle,
};

/// A retry comes at its time, and the log has every attempt with what was answered.
pub async fn a_retry_comes_at_its_time_and_every_attempt_is_logged(on: &impl Clocked) {
    let store = on.store();
    add(on, "e", settings()).await;
    enqueue(on, vec![event("Other")], 0).await;
    let first = claim(on, 10, 0).await.remove(0);
    let nothing = claimed(on, NOTHING, 0).await;
    assert_eq!((nothing.now, nothing.due_in, nothing.rate_in), (at(0), None, None));
    settle(on, &first, 500, retry(4999), Effect::Fails, 1).await;
    assert_eq!(claimed(on, NOTHING, 2000).await.due_in, Some(ms(3000)));
    assert!(claim(on, 10, 4999).await.is_empty());
    let second = claim(on, 10, 5000).await.remove(0);
    assert_eq!((second.attempts, second.is_manual), (1, false));
    settle(on, &second, 204, Next::Delivered, Effect::Works, 5000).await;
    let lines = store.log(LogQuery::default().limit(2)).await.unwrap();
    let expected = AttemptRecord {
        number: 2,
        is_manual: false,
        started: at(5000),
        version: Some(SERVER),
        answer: AttemptResponse {
            status: Some(204),
            body: b"said".to_vec(),
            elapsed: Duration::from_millis(7),
            ..AttemptResponse::default()
        },
    };
    assert_eq!(lines[0].attempt, expected);
    assert_eq!((lines[0].event_type.as_str(), lines[0].state, lines[1].attempt.number), ("Other", "delivered", 1));
    assert_eq!(log(store, LogQuery::default().endpoint("e").only_failed()).await.len(), 1);
    assert!(log(store, LogQuery::default().endpoint("other")).await.is_empty());
}

/// Dead deliveries stay, and are tried once more when a caller asks, in any state of the endpoint.
pub async fn ended_deliveries_are_tried_once_more_when_asked(on: &impl Clocked) {
    let store = on.store();
    add(on, "a", settings()).await;
    add(on, "b", settings()).await;
    enqueue(on, vec![event("One")], 10).await;
    enqueue(on, vec![event("Two")], 20).await;
    for claim in claim(on, 10, 20).await {
        settle(on, &claim, 500, Next::Dead, Effect::Fails, 20).await;
    }
    assert_eq!(counts(store).await, [0, 0, 2, 4]);
    store.change_endpoint(key("a"), EndpointChange::State(State::Disabled(DisableReason::ByHand))).await.unwrap();
    let dead_of_a = Selection::Dead { endpoint: Some("a".into()) };
    on.set(at(30)).await;
    assert_eq!(store.retry(Tenant::default(), dead_of_a.clone()).await.unwrap(), 2);
    assert_eq!(store.retry(Tenant::default(), dead_of_a).await.unwrap(), 0);
    assert!(claim(on, 10, 1019).await.is_empty(), "a second after the attempt before: no two share a timestamp");
    let claims = claim(on, 10, 1020).await;
    assert!(claims.iter().all(|claim| claim.is_manual && claim.attempts == 1 && claim.endpoint.id == "a"));
    assert_eq!(claims.len(), 2);
    settle(on, &claims[0], 200, Next::Delivered, Effect::None, 1020).await;
    settle(on, &claims[1], 500, Next::Dead, Effect::None, 1020).await;
    let range = Selection::Range { from: at(11), until: at(20), endpoint: Some("b".into()) };
    assert_eq!(store.retry(Tenant::default(), range).await.unwrap(), 1);
    assert_eq!(event_types(&claim(on, 10, 2000).await), ["Two"]);
    let one = Selection::One(claims[0].lease.delivery);
    assert_eq!(store.retry(Tenant::default(), one).await.unwrap(), 1, "a delivered one can be sent again");
    assert_eq!(store.retry(Tenant::default(), Selection::One(-1)).await.unwrap(), 0);
    assert_eq!(store.retry(Tenant::default(), Selection::Dead { endpoint: None }).await.unwrap(), 2);
}

/// A replay of a delivered delivery has a separate number and log; a dead delivery is tried again as itself.
pub async fn a_replay_is_a_separate_delivery(on: &impl Clocked) {
    let store = on.store();
    add(on, "e", settings()).await;
    enqueue(on, vec![event("Other").id("e-1")], 0).await;
    let first = claim(on, 10, 0).await.remove(0);
    settle(on, &first, 200, Next::Delivered, Effect::Works, 0).await;
    let retry = async |delivery| store.retry(Tenant::default(), Selection::One(delivery)).await.unwrap();
    let lines = async || {
        let lines = store.log(LogQuery::default().event("e-1")).await.unwrap();
        lines.iter().map(|line| (line.delivery, line.replays, line.attempt.number, line.state)).collect::<Vec<_>>()
    };
    on.set(at(10_000)).await;
    assert_eq!((retry(first.lease.delivery).await, retry(first.lease.delivery).await), (1, 0), "it is under way");
    assert_eq!(counts(store).await, [1, 0, 2, 0]);
    let replay = claim(on, 10, 11_000).await.remove(0);
    assert!(replay.is_manual && replay.lease.delivery != first.lease.delivery);
    settle(on, &replay, 500, Next::Dead, Effect::None, 11_000).await;
    let original = (first.lease.delivery, None, 1, "delivered");
    let number = replay.lease.delivery;
    assert_eq!(lines().await, [(number, Some(first.lease.delivery), 1, "dead"), original]);
    assert_eq!(counts(store).await, [0, 0, 2, 1]);
    on.set(at(20_000)).await;
    assert_eq!(retry(number).await, 1);
    assert_eq!(counts(store).await, [1, 0, 2, 0]);
    let again = claim(on, 10, 21_000).await.remove(0);
    assert_eq!((again.lease.delivery, again.attempts), (number, 1), "a dead one is tried again as itself");
    settle(on, &again, 200, Next::Delivered, Effect::None, 21_000).await;
    let replayed = |attempt| (number, Some(first.lease.delivery), attempt, "delivered");
    assert_eq!(lines().await, [replayed(2), replayed(1), original]);
    on.set(at(30_000)).await;
    let all = Selection::Range { from: at(0), until: at(0), endpoint: None };
    assert_eq!(store.retry(Tenant::default(), all).await.unwrap(), 2, "the Ping, and the last delivery of the event");
}

/// Forgets what was delivered everywhere before a moment, with its log and its key, and nothing else.
pub async fn pruning_forgets_what_ended_before_the_time_and_nothing_else(on: &impl Clocked) {
    let store = on.store();
    add(on, "a", settings()).await;
    add(on, "b", settings().event_types(&["Both", "Half"])).await;
    let ends = async |name: &str, event_type: &str, ends: [Next; 2]| {
        enqueue(on, vec![event(event_type).id(name).idempotency_key(&format!("key-{name}"))], 10).await;
        let claims = claim(on, 10, 10).await;
        for claim in claims {
            let next = ends[usize::from(claim.endpoint.id == "b")];
            settle(on, &claim, 200, next, Effect::None, 20).await;
        }
    };
    ends("delivered", "Both", [Next::Delivered; 2]).await;
    ends("dead", "Both", [Next::Delivered, Next::Dead]).await;
    ends("retried", "Half", [Next::Delivered, retry(10)]).await;
    ends("late", "Other", [Next::Delivered; 2]).await;
    let held = claim(on, 10, 30).await.remove(0);
    store.change_endpoint(key("a"), EndpointChange::State(State::Disabled(DisableReason::ByHand))).await.unwrap();
    enqueue(on, vec![event("Other").id("unclaimed")], 10).await;
    store.change_endpoint(key("a"), EndpointChange::State(State::Enabled)).await.unwrap();
    enqueue(on, vec![event("Other").id("new")], 40).await;
    let prune = async |before, with_dead| {
        let (mut events, mut next) = (0, Some(0));
        while let Some(after) = next {
            let (some, then) = store
                .prune(if with_dead { Prune::before(at(before)).with_dead() } else { Prune::before(at(before)) }, after)
                .await
                .unwrap();
            events += some;
            next = then;
        }
        events
    };
    let kept = async || {
        let lines = store.log(LogQuery::default().limit(100)).await.unwrap();
        let mut ids: Vec<String> =
            lines.into_iter().filter(|line| line.event_type != "Ping").map(|line| line.event).collect();
        ids.dedup();
        ids.join(" ")
    };
    assert_eq!(prune(0, true).await, 0, "the Pings ended then, and not before");
    assert_eq!(
        prune(11, true).await,
        3,
        "two Pings, and the event that had no endpoint; the others came in, but had not ended"
    );
    assert_eq!(prune(20, true).await, 0);
    assert_eq!((kept().await.as_str(), counts(store).await), ("late retried dead delivered", [1, 1, 5, 1]));
    assert_eq!(prune(21, false).await, 2);
    assert_eq!((kept().await.as_str(), counts(store).await), ("retried dead", [1, 1, 2, 1]));
    assert_eq!(prune(21, true).await, 1);
    assert_eq!((kept().await.as_str(), counts(store).await), ("retried", [1, 1, 1, 0]));
    let again = enqueue(on, vec![event("Other").id("delivered").idempotency_key("key-delivered")], 50).await;
    assert!(again[0].is_new, "its key is forgotten too");
    let settled = settle(on, &held, 200, Next::Delivered, Effect::None, 60).await;
    assert_eq!(settled, Settled::Done, "what was under way was left alone");
    assert_eq!(prune(70, true).await, 1, "what was under way came in before and has ended now; what waits stays");
    assert_eq!(counts(store).await, [2, 0, 0, 0]);
    let many: Vec<NewEvent> = (0..1200).map(|_| event("Nowhere")).collect();
    store.change_endpoint(key("a"), EndpointChange::State(State::Disabled(DisableReason::ByHand))).await.unwrap();
    enqueue(on, many, 80).await;
    store.change_endpoint(key("a"), EndpointChange::State(State::Enabled)).await.unwrap();
    enqueue(on, vec![event("Other")], 90).await;
    let first = store.prune(Prune::before(at(85)), 0).await.unwrap();
    assert!(first.0 < 1200 && first.1.is_some(), "a step is short: {first:?}");
    assert_eq!(first.0 + prune(85, false).await, 1200);
    assert_eq!(prune(85, false).await, 0);
}
