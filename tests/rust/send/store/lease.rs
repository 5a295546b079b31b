//! Leases: what they protect, and what becomes of one that ends.

use mambo_webhooks::send::store::{Effect, Lease, MAX_CRASHES_PER_DELIVERY, Next, Settled};
use mambo_webhooks::send::{Failure, LogQuery, Store};

use super::{Clocked, LEASE, add, claim, counts, enqueue, event, log, ms, retry, settings, settle};

/// A delivery is claimed once, until its lease ends; the worker that had it is then told so.
pub async fn a_lease_that_ended_settles_nothing(on: &impl Clocked) {
    let store = on.store();
    add(on, "e", settings()).await;
    enqueue(on, vec![event("Other")], 0).await;
    let first = claim(on, 10, 0).await.remove(0);
    assert!(claim(on, 10, LEASE).await.is_empty(), "the end of a lease is inside it");
    let second = claim(on, 10, LEASE + 1).await.remove(0);
    assert_eq!((first.lease.delivery, second.attempts), (second.lease.delivery, 0));
    assert_ne!(first.lease.token, second.lease.token);
    let late = settle(on, &first, 200, Next::Delivered, Effect::Works, LEASE + 2).await;
    assert_eq!(late, Settled::LeaseLost);
    assert_eq!(store.extend(vec![first.lease, second.lease], ms(2 * LEASE)).await.unwrap(), [first.lease]);
    assert!(claim(on, 10, 3 * LEASE).await.is_empty(), "it was extended");
    let done = settle(on, &second, 500, retry(97), Effect::Fails, 3).await;
    assert_eq!(done, Settled::Done);
    let again = settle(on, &second, 200, Next::Delivered, Effect::Works, 4).await;
    assert_eq!(again, Settled::LeaseLost, "a settlement counts once");
    let forged = Lease { token: 0, ..second.lease };
    assert_eq!(store.extend(vec![forged], ms(LEASE)).await.unwrap(), [forged]);
    assert_eq!(log(store, LogQuery::default().event(&second.event.id)).await.len(), 1);
}

/// A delivery that takes its worker down again and again is set aside, and its attempts are not used up by that.
pub async fn a_delivery_that_takes_its_worker_down_again_and_again_is_dead(on: &impl Clocked) {
    let store = on.store();
    add(on, "e", settings()).await;
    enqueue(on, vec![event("Other")], 0).await;
    for crash in 0..i64::from(MAX_CRASHES_PER_DELIVERY) {
        let claims = claim(on, 10, crash * (LEASE + 1)).await;
        assert_eq!(claims.iter().map(|claim| claim.attempts).collect::<Vec<_>>(), [0], "crash {crash}");
    }
    assert!(claim(on, 10, 100 * LEASE).await.is_empty());
    assert_eq!(counts(store).await, [0, 0, 1, 1]);
    let failed = log(store, LogQuery::default().only_failed()).await;
    assert_eq!(failed, [(1, false, None, Some(Failure::WorkerLost))]);
}

/// What was claimed and not attempted can be given back.
pub async fn a_claim_that_was_not_attempted_can_be_released(on: &impl Clocked) {
    let store = on.store();
    add(on, "e", settings()).await;
    enqueue(on, vec![event("Other"), event("Other")], 0).await;
    let claims = claim(on, 10, 0).await;
    let forged = Lease { token: 0, ..claims[1].lease };
    store.release(vec![claims[0].lease, forged]).await.unwrap();
    assert_eq!(counts(store).await, [1, 1, 1, 0]);
    let again = claim(on, 10, 0).await;
    assert_eq!((again.len(), again[0].lease.delivery, again[0].attempts), (1, claims[0].lease.delivery, 0));
    let late = settle(on, &claims[0], 200, Next::Delivered, Effect::Works, 0).await;
    assert_eq!(late, Settled::LeaseLost);
}
