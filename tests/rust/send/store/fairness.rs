//! Limits, lanes and the circuit breaker: what each endpoint gets of the workers.

use std::collections::HashSet;

use mambo_webhooks::send::store::{Capacity, Claim, Claimed, Effect, Next, Settlement};
use mambo_webhooks::send::{
    AttemptRecord, AttemptResponse, BreakerState, DisableRule, Failure, Selection, Store, Tenant,
};

use super::{
    Clocked, SERVER, add, at, claim, claimed, endpoint, enqueue, event, ms, retry, settings, settle, settlement,
};

/// No endpoint has more under way than it may, and none keeps the others from their turn.
pub async fn no_endpoint_exceeds_its_limit_or_keeps_others_waiting(on: &impl Clocked) {
    add(on, "busy", settings().max_in_flight(4)).await;
    for id in ["b", "c", "d"] {
        add(on, id, settings().event_types(&["Rare"])).await;
    }
    enqueue(on, (0..50).map(|_| event("Often")).collect(), 0).await;
    enqueue(on, vec![event("Rare")], 1).await;
    let claims = claim(on, 6, 1).await;
    let ids: HashSet<&str> = claims.iter().map(|claim| claim.endpoint.id.as_str()).collect();
    assert_eq!(ids, HashSet::from(["busy", "b", "c", "d"]), "each has its turn, though `busy` alone could fill it");
    assert_eq!(claims.len(), 6);
    let more = claim(on, 100, 1).await;
    assert_eq!(claims.iter().chain(&more).filter(|claim| claim.endpoint.id == "busy").count(), 4);
}

/// However many first attempts wait, retries get their share, and the other way round.
pub async fn first_attempts_and_retries_do_not_starve_each_other(on: &impl Clocked) {
    add(on, "e", settings().max_in_flight(1000)).await;
    enqueue(on, (0..40).map(|_| event("Old")).collect(), 0).await;
    for claim in claim(on, 40, 0).await {
        settle(on, &claim, 500, retry(10), Effect::None, 0).await;
    }
    enqueue(on, (0..40).map(|_| event("New")).collect(), 5).await;
    let claims = claim(on, 16, 10).await;
    assert_eq!(claims.iter().filter(|claim| claim.attempts == 1).count(), 4);
    assert_eq!(claims.iter().filter(|claim| claim.attempts == 0).count(), 12);
    let mut singles = Vec::new();
    for _turn in 0..8 {
        singles.extend(claim(on, 1, 10).await);
    }
    assert_eq!(singles.iter().filter(|claim| claim.attempts == 1).count(), 2, "also one at a time");
}

/// Also within the room of one endpoint: retries that could fill it leave three quarters to first attempts.
pub async fn retries_leave_three_quarters_of_an_endpoint_to_first_attempts(on: &impl Clocked) {
    add(on, "e", settings().max_in_flight(8)).await;
    enqueue(on, (0..8).map(|_| event("Old")).collect(), 0).await;
    for claim in claim(on, 8, 0).await {
        settle(on, &claim, 500, retry(10), Effect::None, 0).await;
    }
    enqueue(on, (0..20).map(|_| event("New")).collect(), 5).await;
    let claims = claim(on, 512, 10).await;
    assert_eq!(claims.iter().filter(|claim| claim.attempts == 1).count(), 2);
    assert_eq!(claims.len(), 8);
}

/// Thousands of deliveries that were asked for by hand do not keep first attempts back.
pub async fn the_manual_lane_has_a_share_and_not_the_right_of_way(on: &impl Clocked) {
    let store = on.store();
    add(on, "e", settings().max_in_flight(10)).await;
    enqueue(on, (0..100).map(|_| event("Old")).collect(), 0).await;
    for _round in 0..10 {
        for claim in claim(on, 10, 0).await {
            settle(on, &claim, 500, Next::Dead, Effect::None, 0).await;
        }
    }
    on.set(at(5000)).await;
    assert_eq!(store.retry(Tenant::default(), Selection::Dead { endpoint: None }).await.unwrap(), 100);
    enqueue(on, (0..100).map(|_| event("New")).collect(), 5000).await;
    let claims = claim(on, 100, 5000).await;
    let manual = claims.iter().filter(|claim| claim.is_manual).count();
    assert_eq!((claims.len(), manual), (10, 3), "a quarter, and the turn's part");
}

/// A rate counts for all workers together, and what it keeps back is not claimed.
pub async fn a_rate_limit_is_applied_before_a_claim(on: &impl Clocked) {
    add(on, "slow", settings().rate_per_second(2.try_into().unwrap())).await;
    add(on, "free", settings()).await;
    on.set(at(10_000)).await;
    enqueue(on, (0..8).map(|_| event("Other")).collect(), 10_000).await;
    let everything = Capacity { deliveries: 100, slow: 100, bytes: usize::MAX };
    let found = claimed(on, everything, 10_000).await;
    let of = |found: &Claimed, id: &str| found.claims.iter().filter(|claim| claim.endpoint.id == id).count();
    assert_eq!((of(&found, "slow"), of(&found, "free")), (1, 8));
    assert_eq!((found.due_in, found.rate_in), (Some(ms(500)), Some(ms(500))));
    let found = claimed(on, everything, 10_499).await;
    assert_eq!((of(&found, "slow"), found.rate_in), (0, Some(ms(1))));
    assert_eq!(of(&claimed(on, everything, 10_500).await, "slow"), 1);
    assert_eq!(of(&claimed(on, everything, 20_000).await, "slow"), 1, "time without attempts is not saved up");
}

/// Timeouts in a row open the breaker; one probe at a time goes out; an answer closes it.
pub async fn timeouts_open_the_breaker_and_an_answer_closes_it(on: &impl Clocked) {
    let store = on.store();
    add(on, "e", settings()).await;
    enqueue(on, (0..20).map(|_| event("Other")).collect(), 0).await;
    let time_out = async |claim: &Claim, now: i64| {
        on.set(at(now)).await;
        let answer = AttemptResponse::without_response(Failure::TimedOut, ms(15_000));
        let attempt = AttemptRecord { answer, ..settlement(claim, 0, retry(1), Effect::Fails, now).attempt };
        let settlement = Settlement { attempt, ..settlement(claim, 0, retry(1), Effect::Fails, now) };
        store.settle([settlement].into(), DisableRule::default(), SERVER).await.unwrap();
    };
    let breaker = async || store.health(None, at(0)).await.unwrap()[0].breaker;
    let first = claim(on, 10, 0).await;
    assert_eq!(first.len(), 8);
    for claim in &first[..5] {
        assert_eq!(breaker().await, BreakerState::Closed);
        time_out(claim, 0).await;
    }
    assert_eq!((breaker().await, store.counts(None).await.unwrap().breakers_open), (BreakerState::Open(at(30_000)), 1));
    for claim in &first[5..] {
        time_out(claim, 1).await;
    }
    assert_eq!(breaker().await, BreakerState::Open(at(30_000)), "what was in flight does not open it for longer");
    let everything = Capacity { deliveries: 100, slow: 100, bytes: usize::MAX };
    let found = claimed(on, everything, 29_999).await;
    assert_eq!((found.claims.len(), found.due_in), (0, Some(ms(1))));
    let probe = claim(on, 10, 30_000).await;
    assert_eq!((probe.len(), breaker().await), (1, BreakerState::Probing));
    assert!(claim(on, 10, 30_001).await.is_empty(), "one at a time");
    time_out(&probe[0], 30_002).await;
    assert_eq!(breaker().await, BreakerState::Open(at(90_002)), "twice as long");
    let probe = claim(on, 10, 90_002).await;
    settle(on, &probe[0], 500, retry(1), Effect::Fails, 90_003).await;
    assert_eq!(breaker().await, BreakerState::Closed, "an answer is an answer");
    on.warm().await;
    assert_eq!(claim(on, 100, 90_004).await.len(), 8);
}

/// A new endpoint gets one delivery first, and twice as many with each answer.
pub async fn concurrency_grows_with_answers(on: &impl Clocked) {
    on.set(at(0)).await;
    on.store().add_endpoint(endpoint("e", settings()), SERVER).await.unwrap();
    enqueue(on, (0..100).map(|_| event("Other")).collect(), 0).await;
    let mut sizes = Vec::new();
    for _batch in 0..5 {
        let claims = claim(on, 100, 0).await;
        sizes.push(claims.len());
        let all: Vec<_> =
            claims.iter().map(|claim| settlement(claim, 204, Next::Delivered, Effect::Works, 0)).collect();
        on.store().settle(all.into(), DisableRule::default(), SERVER).await.unwrap();
    }
    assert_eq!(sizes, [1, 2, 4, 8, 8]);
}

/// Slow endpoints, and those that were not attempted yet, take no more than their part of a worker, nor of its memory.
pub async fn a_claim_keeps_to_the_worker_s_capacity(on: &impl Clocked) {
    for id in ["a", "b", "c"] {
        add(on, id, settings()).await;
    }
    on.sql("UPDATE TABLE:status SET latency_ms = 1000 WHERE endpoint LIKE '%a' OR endpoint LIKE '%b'").await;
    enqueue(on, (0..8).map(|_| event("Other")).collect(), 0).await;
    let found = claimed(on, Capacity { deliveries: 9, slow: 4, bytes: usize::MAX }, 0).await.claims;
    let slow = found.iter().filter(|claim| claim.is_slow).count();
    assert_eq!((found.len(), slow), (9, 4), "{:?}", found.iter().map(|claim| &claim.endpoint.id).collect::<Vec<_>>());
    let size = found[0].event.data.len();
    let found = claimed(on, Capacity { deliveries: 9, slow: 9, bytes: 3 * size + 1 }, 0).await.claims;
    assert_eq!(found.len(), 3);
}
