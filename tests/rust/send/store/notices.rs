//! Notices, and the events about them that the operator's endpoints get.

use mambo_webhooks::UnixMillis;
use mambo_webhooks::send::store::{Effect, Next, Settlement};
use mambo_webhooks::send::{
    AttemptRecord, AttemptResponse, DisableReason, DisableRule, Failure, Notice, Store, Tenant,
};

use super::{Clocked, SERVER, add, add_of, at, claim, enqueue, event, key, ms, retry, settings, settlement};

/// Each notice comes once, in the transaction in which it happened, and as an event for the operator's endpoints.
pub async fn notices_say_what_happened_and_reach_the_operator(on: &impl Clocked) {
    let store = on.store();
    let operator = Tenant::operator();
    add(on, "gone", settings().event_types(&["Ping", "Gone"])).await;
    add(on, "hangs", settings().event_types(&["Ping", "Hangs"])).await;
    add_of(on, &operator, "all", settings()).await;
    let settled = async |settlements: Vec<Settlement>, now| {
        on.set(at(now)).await;
        store.settle(settlements.into(), DisableRule::default(), SERVER).await.unwrap().notices
    };
    enqueue(on, vec![event("Gone").id("e-1")], 0).await;
    let gone = claim(on, 10, 0).await.remove(0);
    let notices = settled(vec![settlement(&gone, 410, Next::Dead, Effect::Gone, 0)], 0).await;
    let endpoint = key("gone");
    let (event_id, event_type) = (String::from("e-1"), String::from("Gone"));
    let delivery = gone.lease.delivery;
    let dead = Notice::DeliveryDead { endpoint: endpoint.clone(), delivery, event: event_id, event_type };
    assert_eq!(notices, [dead, Notice::EndpointDisabled { endpoint, reason: DisableReason::Gone }]);

    enqueue(on, (0..6).map(|_| event("Hangs")).collect(), 0).await;
    let (claims, told): (Vec<_>, Vec<_>) =
        claim(on, 20, 0).await.into_iter().partition(|claim| claim.endpoint.id == "hangs");
    assert_eq!((claims.len(), told.len()), (6, 2));
    let hung = |claim: &mambo_webhooks::send::store::Claim| {
        let answer = AttemptResponse::without_response(Failure::TimedOut, ms(1000));
        let attempt = AttemptRecord { number: 1, is_manual: false, started: at(0), version: Some(SERVER), answer };
        let (lease, endpoint) = (claim.lease, claim.endpoint.key());
        Settlement { lease, endpoint, attempt, next: retry(10), effect: Effect::Fails }
    };
    assert!(settled(claims[..4].iter().map(hung).collect(), 0).await.is_empty());
    let opened = settled(vec![hung(&claims[4])], 0).await;
    assert_eq!(opened, [Notice::BreakerOpened { endpoint: key("hangs"), until: UnixMillis(at(0).0 + 30_000) }]);
    let closed = settled(vec![settlement(&claims[5], 200, Next::Delivered, Effect::Works, 0)], 0).await;
    assert_eq!(closed, [Notice::BreakerClosed { endpoint: key("hangs") }]);

    let claims: Vec<_> = claim(on, 20, 0).await.into_iter().chain(told).collect();
    let mut told: Vec<_> = claims
        .iter()
        .filter(|claim| claim.endpoint.tenant == operator)
        .map(|claim| (claim.event.event_type.clone(), serde_json::from_str(&claim.event.data).unwrap()))
        .collect();
    told.sort_by(|one: &(String, serde_json::Value), other| one.0.cmp(&other.0));
    let expected: Vec<(String, serde_json::Value)> = [
        ("operator.breaker_closed", r#"{ "tenant": "default", "endpoint": "hangs" }"#.to_owned()),
        (
            "operator.breaker_opened",
            format!(r#"{{ "tenant": "default", "endpoint": "hangs", "untilMs": {} }}"#, at(30_000).0),
        ),
        (
            "operator.delivery_dead",
            format!(
                r#"{{ "tenant": "default", "endpoint": "gone", "delivery": {delivery}, "event": "e-1", "eventType": "Gone" }}"#
            ),
        ),
        (
            "operator.endpoint_disabled",
            r#"{ "tenant": "default", "endpoint": "gone", "reason": "disabled_gone" }"#.to_owned(),
        ),
    ]
    .map(|(name, data)| (name.to_owned(), serde_json::from_str(&data).unwrap()))
    .into();
    assert_eq!(told, expected);
    assert!(claims.iter().all(|claim| claim.event.version == SERVER));

    // What happens to the operator's own endpoint is a notice, and no event about an event.
    let own: Vec<_> = claims
        .iter()
        .filter(|claim| claim.endpoint.tenant == operator)
        .map(|claim| settlement(claim, 500, Next::Dead, Effect::Fails, 0))
        .collect();
    let count = own.len();
    assert_eq!((settled(own, 0).await.len(), count), (4, 4));
    assert!(claim(on, 20, 0).await.iter().all(|claim| claim.endpoint.tenant != operator));
}

/// Notices of several endpoints in one settlement: deliveries in its order, then endpoints in theirs; so do the events.
pub async fn notices_of_one_settlement_come_in_order(on: &impl Clocked) {
    let operator = Tenant::operator();
    for id in ["b", "a", "c"] {
        add(on, id, settings().event_types(&["Ping", "Gone"])).await;
    }
    add_of(on, &operator, "all", settings().max_in_flight(20)).await;
    enqueue(on, vec![event("Gone").id("e-1"), event("Gone").id("e-2")], 0).await;
    let mut claims = claim(on, 10, 0).await;
    claims.sort_by_key(|claim| (claim.event.id.clone(), std::cmp::Reverse(claim.endpoint.id.clone())));
    let ended: Vec<_> = claims.iter().map(|claim| settlement(claim, 410, Next::Dead, Effect::Gone, 0)).collect();
    let report = on.store().settle(ended.into(), DisableRule::default(), SERVER).await.unwrap();
    let said: Vec<_> = report
        .notices
        .iter()
        .map(|notice| match notice {
            Notice::DeliveryDead { endpoint, event, .. } => format!("{event} to {} is dead", endpoint.id()),
            Notice::EndpointDisabled { endpoint, .. } => format!("{} is disabled", endpoint.id()),
            other => panic!("{other:?}"),
        })
        .collect();
    let deliveries = ["e-1 to c", "e-1 to b", "e-1 to a", "e-2 to c", "e-2 to b", "e-2 to a"];
    let endpoints = ["a is disabled", "b is disabled", "c is disabled"];
    let expected: Vec<_> =
        deliveries.iter().map(|words| format!("{words} is dead")).chain(endpoints.map(str::to_owned)).collect();
    assert_eq!(said, expected);

    let mut told = claim(on, 20, 0).await;
    told.sort_by_key(|claim| claim.lease.delivery);
    let told: Vec<_> = told
        .iter()
        .map(|claim| {
            let data: serde_json::Value = serde_json::from_str(&claim.event.data).unwrap();
            let endpoint = data["endpoint"].as_str().unwrap();
            match data["event"].as_str() {
                Some(event) => format!("{event} to {endpoint} is dead"),
                None => format!("{endpoint} is disabled"),
            }
        })
        .collect();
    assert_eq!(told, expected);
}
