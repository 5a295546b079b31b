//! Tenants: kept apart, limited, and served in turns.

use std::collections::{BTreeMap, BTreeSet};

use mambo_webhooks::send::store::{Capacity, DeliveryCounts, Effect, EndpointChange, Next};
use mambo_webhooks::send::{
    DisableReason, LogQuery, Prune, Selection, SendError, State, Store, Tenant, TenantSettings, Waiting,
};

use super::{Clocked, add_of, at, claim, claimed, endpoint, event, ms, retry, settings, settle, tenant};

/// The same ids and keys in two tenants name different endpoints and events.
pub async fn tenants_have_ids_and_keys_of_their_own(on: &impl Clocked) {
    let store = on.store();
    let (a, b) = (tenant("a"), tenant("b"));
    add_of(on, &a, "e", settings()).await;
    add_of(on, &b, "e", settings()).await;
    let same = || event("Other").id("same").idempotency_key("key");
    for tenant in [&a, &b] {
        let taken = store.enqueue(tenant.clone(), vec![same()]).await.unwrap().remove(0);
        assert_eq!((taken.deliveries, taken.is_new), (1, true), "{tenant}");
        let again = store.enqueue(tenant.clone(), vec![same()]).await.unwrap().remove(0);
        assert!(!again.is_new);
    }
    let exists = store.enqueue(a.clone(), vec![event("Other").id("same")]).await.unwrap_err();
    assert_eq!(exists, SendError::EventExists { id: "same".into() });
    let exists = store.add_endpoint(endpoint("e", settings()).of_tenant(a.clone()), super::SERVER).await.unwrap_err();
    assert_eq!(exists, SendError::EndpointExists { id: "e".into() });
    store.remove_endpoint(a.endpoint("e"), Waiting::Cancel).await.unwrap();
    let left = store.endpoints(None).await.unwrap();
    assert_eq!(left.iter().map(|endpoint| endpoint.key()).collect::<Vec<_>>(), [b.endpoint("e")]);
    let unknown = store.change_endpoint(a.endpoint("e"), EndpointChange::State(State::Enabled)).await.unwrap_err();
    assert_eq!(unknown, SendError::EndpointUnknown { id: "e".into() });
}

/// Random tenants with random endpoints and events, also with ids of each other: what each is sent, and sees in its log,
/// counts and health, is its own; retries, recovery and pruning leave the others alone.
pub async fn no_event_reaches_or_is_seen_by_another_tenant(on: &impl Clocked) {
    let seed = std::env::var("MAMBO_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    let mut random = fastrand::Rng::with_seed(seed);
    eprintln!("MAMBO_SEED={seed}");
    let store = on.store();
    let names = ["a", "a b", "ab", "a-b", "default", "\u{e4}", "A", "a/e0"];
    let tenants: Vec<Tenant> = names.iter().map(|name| tenant(name)).collect();
    let mut subscribed: BTreeMap<(usize, String), Option<&str>> = BTreeMap::new();
    on.set(at(0)).await;
    for (number, tenant) in tenants.iter().enumerate() {
        for id in 0..random.usize(..4) {
            let id = format!("e{id}");
            let only = random.bool().then_some(["One", "Two", "T*"][random.usize(..3)]);
            let settings = only.map_or_else(settings, |only| settings().event_types(&[only]));
            store.add_endpoint(endpoint(&id, settings).of_tenant(tenant.clone()), super::SERVER).await.unwrap();
            subscribed.insert((number, id), only);
        }
    }
    on.warm().await;
    let mut expected: BTreeSet<(usize, String, String)> = BTreeSet::new();
    for round in 0..30 {
        let (number, event_type) = (random.usize(..tenants.len()), ["One", "Two"][random.usize(..2)]);
        let id = format!("{number}-{round}");
        store.enqueue(tenants[number].clone(), vec![event(event_type).id(&id)]).await.unwrap();
        let takes = |only: Option<&str>| match only {
            Some("T*") => event_type == "Two",
            Some(only) => only == event_type,
            None => true,
        };
        for ((owner, endpoint), _) in subscribed.iter().filter(|((owner, _), only)| *owner == number && takes(**only)) {
            expected.insert((*owner, endpoint.clone(), id.clone()));
        }
    }
    let mut seen: BTreeSet<(usize, String, String)> = BTreeSet::new();
    loop {
        let claims = claim(on, 1000, 0).await;
        if claims.is_empty() {
            break;
        }
        for claim in claims {
            let owner = tenants.iter().position(|tenant| *tenant == claim.endpoint.tenant).unwrap();
            if claim.event.event_type != "Ping" {
                assert!(claim.event.id.starts_with(&format!("{owner}-")), "{} to {owner}, seed {seed}", claim.event.id);
                seen.insert((owner, claim.endpoint.id.clone(), claim.event.id.clone()));
            }
            let (status, next) = [(200, Next::Delivered), (500, Next::Dead)][random.usize(..2)];
            settle(on, &claim, status, next, Effect::None, 0).await;
        }
    }
    assert_eq!(seen, expected, "seed {seed}");
    let mut sum = [0; 2];
    for (number, tenant) in tenants.iter().enumerate() {
        let lines = store.log(LogQuery::default().tenant(tenant.clone()).limit(1000)).await.unwrap();
        assert!(lines.iter().all(|line| line.endpoint.tenant() == *tenant));
        let own = lines.iter().filter(|line| line.event_type != "Ping");
        assert!(own.clone().all(|line| line.event.starts_with(&format!("{number}-"))), "seed {seed}");
        assert_eq!(own.count(), expected.iter().filter(|(owner, ..)| *owner == number).count());
        let health = store.health(Some(tenant.clone()), at(0)).await.unwrap();
        let ids = subscribed.keys().filter(|(owner, _)| *owner == number).map(|(_, id)| id.as_str());
        assert_eq!(health.iter().map(|health| health.key.id()).collect::<Vec<_>>(), ids.collect::<Vec<_>>());
        let DeliveryCounts { delivered, dead, .. } = store.counts(Some(tenant.clone())).await.unwrap();
        sum = [sum[0] + delivered, sum[1] + dead];
        for other in tenants.iter().filter(|other| *other != tenant) {
            let foreign = lines.first().map(|line| line.delivery).unwrap_or_default();
            assert_eq!(store.retry(other.clone(), Selection::One(foreign)).await.unwrap(), 0);
            let query = LogQuery::default().tenant(other.clone()).delivery(foreign);
            assert!(store.log(query).await.unwrap().is_empty());
            if let Some(line) = lines.iter().find(|line| line.event_type != "Ping") {
                let query = LogQuery::default().tenant(other.clone()).event(&line.event);
                assert!(store.log(query).await.unwrap().is_empty());
            }
        }
    }
    let all = store.counts(None).await.unwrap();
    assert_eq!(sum, [all.delivered, all.dead]);
    let reports = store.tenants().await.unwrap();
    let delivered: u64 = reports.iter().map(|report| report.delivered).sum();
    assert_eq!(delivered, all.delivered);
    let one = tenants[random.usize(..tenants.len())].clone();
    let before = store.counts(Some(one.clone())).await.unwrap();
    on.set(at(10_000)).await;
    let retried = store.retry(one.clone(), Selection::Dead { endpoint: None }).await.unwrap();
    assert_eq!((retried, store.counts(None).await.unwrap().dead), (before.dead, all.dead - before.dead), "seed {seed}");
    store.prune(Prune::before(at(9000)).with_dead().tenant(one.clone()), 0).await.unwrap();
    let left = store.counts(None).await.unwrap();
    let pruned = before.delivered - store.counts(Some(one.clone())).await.unwrap().delivered;
    assert_eq!(left.delivered, all.delivered - pruned, "seed {seed}");
    for key in subscribed.keys().filter(|(owner, _)| tenants[*owner] != one) {
        let health = store.health(Some(tenants[key.0].clone()), at(0)).await.unwrap();
        assert!(health.iter().all(|health| health.waiting == 0), "seed {seed}");
    }
}

/// A tenant with many endpoints gets no more of a worker than one with a single endpoint.
pub async fn tenants_share_a_claim_before_their_endpoints_do(on: &impl Clocked) {
    let store = on.store();
    let (many, one) = (tenant("many"), tenant("one"));
    on.set(at(0)).await;
    for number in 0..40 {
        let endpoint = endpoint(&format!("e-{number:02}"), settings()).of_tenant(many.clone());
        store.add_endpoint(endpoint, super::SERVER).await.unwrap();
    }
    store
        .add_endpoint(endpoint("e", settings().max_in_flight(1000)).of_tenant(one.clone()), super::SERVER)
        .await
        .unwrap();
    on.warm().await;
    for tenant in [&many, &one] {
        store.enqueue(tenant.clone(), (0..40).map(|_| event("Other")).collect()).await.unwrap();
    }
    let mut endpoints = BTreeSet::new();
    for _round in 0..4 {
        let claims = claim(on, 10, 0).await;
        let of_one = claims.iter().filter(|claim| claim.endpoint.tenant == one).count();
        assert_eq!((claims.len(), of_one), (10, 5));
        endpoints.extend(claims.iter().map(|claim| claim.endpoint.key()));
    }
    assert_eq!(endpoints.len(), 21, "each claim goes on behind the endpoints of the one before");
}

/// Limits of a tenant count over all of its endpoints, and keep no other tenant waiting.
pub async fn a_tenant_keeps_to_its_limits_over_all_of_its_endpoints(on: &impl Clocked) {
    let store = on.store();
    let (limited, free) = (tenant("limited"), tenant("free"));
    for id in ["a", "b", "c"] {
        add_of(on, &limited, id, settings()).await;
    }
    add_of(on, &free, "e", settings()).await;
    let set = async |settings| store.set_tenant(limited.clone(), settings).await.unwrap();
    set(TenantSettings::default().max_in_flight(4.try_into().unwrap())).await;
    on.set(at(10_000)).await;
    for tenant in [&limited, &free] {
        store.enqueue(tenant.clone(), (0..6).map(|_| event("Other")).collect()).await.unwrap();
    }
    let everything = Capacity { deliveries: 100, slow: 100, bytes: usize::MAX };
    let first = claimed(on, everything, 10_000).await.claims;
    let of_limited = |claims: &[mambo_webhooks::send::store::Claim]| {
        claims.iter().filter(|claim| claim.endpoint.tenant == limited).count()
    };
    assert_eq!((first.len(), of_limited(&first)), (10, 4));
    assert!(claimed(on, everything, 10_001).await.claims.is_empty());
    let mine: Vec<_> = first.iter().filter(|claim| claim.endpoint.tenant == limited).collect();
    settle(on, mine[0], 200, Next::Delivered, Effect::Works, 10_002).await;
    settle(on, mine[1], 500, retry(3_600_000), Effect::Fails, 10_002).await;
    assert_eq!(of_limited(&claimed(on, everything, 10_003).await.claims), 2, "what ended makes room");
    for claim in &mine[2..] {
        settle(on, claim, 200, Next::Delivered, Effect::Works, 10_004).await;
    }
    set(TenantSettings::default().rate_per_second(2.try_into().unwrap())).await;
    let found = claimed(on, everything, 20_000).await;
    assert_eq!((found.claims.len(), found.rate_in), (1, Some(ms(500))));
    let found = claimed(on, everything, 20_499).await;
    assert_eq!((found.claims.len(), found.rate_in), (0, Some(ms(1))));
    assert_eq!(claimed(on, everything, 20_500).await.claims.len(), 1);
    let reports = store.tenants().await.unwrap();
    let report = reports.iter().find(|report| report.tenant == limited).unwrap();
    assert_eq!((report.settings.rate_per_second, report.settings.max_in_flight), (Some(2.try_into().unwrap()), None));
    assert_eq!((report.endpoints, report.in_flight, report.delivered), (3, 4, 6));
    store
        .change_endpoint(free.endpoint("e"), EndpointChange::State(State::Disabled(DisableReason::ByHand)))
        .await
        .unwrap();
}
