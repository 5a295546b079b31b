//! Endpoints that change and go, and events that are brought back.

use mambo_webhooks::send::store::{Effect, EndpointChange, Next};
use mambo_webhooks::send::{
    DisableReason, Failure, LogQuery, SendError, SettingsChange, State, Store, Tenant, Waiting,
};
use mambo_webhooks::{Version, VersionPolicy};

use super::{Clocked, add, at, claim, counts, enqueue, event, event_types, key, log, retry, settings, settle};

/// `Activity*` takes every type that begins so, and nothing else.
pub async fn a_subscription_may_be_the_beginning_of_a_type(on: &impl Clocked) {
    add(on, "e", settings().event_types(&["Activity*", "Ping", "100%*", "a_b*"])).await;
    let types =
        ["ActivityCreated", "Activity", "activityCreated", "XActivity", "Ping", "Pings", "100%", "100x", "a_bc", "axb"];
    let taken = enqueue(on, types.iter().map(|event_type| event(event_type)).collect(), 0).await;
    let taken: Vec<&str> =
        taken.iter().zip(types).filter(|(taken, _)| taken.deliveries == 1).map(|(_, event_type)| event_type).collect();
    assert_eq!(taken, ["ActivityCreated", "Activity", "Ping", "100%", "a_bc"]);
}

/// A change says what changes; the rest stays, secrets too, and what waits follows the new settings.
pub async fn a_change_of_settings_keeps_the_rest_and_the_secrets(on: &impl Clocked) {
    let store = on.store();
    add(on, "e", settings().event_types(&["Other"]).header("x-token", "t-1")).await;
    enqueue(on, vec![event("Other")], 0).await;
    let mut change = SettingsChange::default();
    change.url = Some("https://example.com/other".into());
    change.version_policy = Some(VersionPolicy::Pinned(Version::new(8, 0, 3)));
    change.max_in_flight = Some(3);
    store.change_endpoint(key("e"), EndpointChange::Settings(change)).await.unwrap();
    let rotate = EndpointChange::Rotate { secret: "a second secret of length".into(), overlap: super::ms(1000) };
    store.change_endpoint(key("e"), rotate).await.unwrap();
    let mut change = SettingsChange::default();
    change.event_types = Some(None);
    change.rate_per_second = Some(Some(7.try_into().unwrap()));
    change.headers = Some(vec![("X-Other".into(), "o".into())]);
    store.change_endpoint(key("e"), EndpointChange::Settings(change)).await.unwrap();
    let claims = claim(on, 10, 10).await;
    let now = &claims[0].endpoint;
    assert_eq!((now.url().as_str(), now.settings.max_in_flight), ("https://example.com/other", 3));
    assert_eq!(now.version_policy(), VersionPolicy::Pinned(Version::new(8, 0, 3)));
    assert_eq!(
        (now.settings.event_types.clone(), now.settings.headers.clone()),
        (None, vec![("x-other".into(), "o".into())])
    );
    assert_eq!(now.settings.rate_per_second.map(std::num::NonZero::get), Some(7));
    assert_eq!(now.keys().valid(at(10)).map(|key| key.id().to_owned()).collect::<Vec<_>>(), ["2", "1"]);
    assert_eq!(enqueue(on, vec![event("New")], 10).await[0].deliveries, 1);
    let unknown = EndpointChange::Settings(SettingsChange::default());
    assert_eq!(
        store.change_endpoint(key("x"), unknown).await.unwrap_err(),
        SendError::EndpointUnknown { id: "x".into() }
    );
}

/// An endpoint that leaves gets what waits for it, retries too, and no new event; then it is removed.
pub async fn an_endpoint_that_leaves_gets_what_waits_and_nothing_new(on: &impl Clocked) {
    let store = on.store();
    add(on, "e", settings()).await;
    enqueue(on, vec![event("One"), event("Two")], 0).await;
    let first = claim(on, 1, 0).await.remove(0);
    settle(on, &first, 500, retry(10_000), Effect::Fails, 0).await;
    store.remove_endpoint(key("e"), Waiting::Deliver).await.unwrap();
    assert_eq!(store.endpoints(None).await.unwrap()[0].state, State::Leaving);
    assert_eq!(enqueue(on, vec![event("Three")], 0).await[0].deliveries, 0);
    let second = claim(on, 10, 0).await.remove(0);
    assert_eq!(second.event.event_type, "Two");
    assert_eq!(store.abandon().await.unwrap(), 0);
    settle(on, &second, 200, Next::Delivered, Effect::Works, 1).await;
    store.abandon().await.unwrap();
    assert_eq!(store.endpoints(None).await.unwrap().len(), 1, "its retry waits");
    let last = claim(on, 10, 10_000).await.remove(0);
    assert_eq!((last.event.event_type.as_str(), last.attempts), ("One", 1));
    settle(on, &last, 200, Next::Delivered, Effect::Works, 10_000).await;
    store.abandon().await.unwrap();
    assert!(store.endpoints(None).await.unwrap().is_empty());
    assert_eq!(counts(store).await, [0, 0, 3, 0]);
    assert_eq!(log(store, LogQuery::default().endpoint("e")).await.len(), 4);
}

/// Cancelling sets aside what waits for one endpoint: ready and scheduled, not what is in flight, nor another's.
pub async fn what_waits_can_be_cancelled(on: &impl Clocked) {
    let store = on.store();
    add(on, "e", settings()).await;
    add(on, "other", settings()).await;
    enqueue(on, vec![event("One"), event("Two"), event("Three")], 0).await;
    let claims = claim(on, 4, 0).await;
    let mut mine = claims.iter().filter(|claim| claim.endpoint.id == "e");
    settle(on, mine.next().unwrap(), 500, retry(10_000), Effect::Fails, 0).await;
    let in_flight = mine.next().unwrap();
    let (mut count, mut next) = (0, Some(0));
    while let Some(after) = next {
        let (some, then) = store.cancel(key("e"), after).await.unwrap();
        (count, next) = (count + some, then);
    }
    assert_eq!((count, counts(store).await), (2, [1, 3, 2, 2]));
    assert_eq!(
        settle(on, in_flight, 200, Next::Delivered, Effect::Works, 0).await,
        mambo_webhooks::send::store::Settled::Done
    );
    let failed = log(store, LogQuery::default().endpoint("e").only_failed()).await;
    let mut failed: Vec<_> = failed.into_iter().map(|(number, _, status, failure)| (number, status, failure)).collect();
    failed.sort_unstable_by_key(|line| (line.0, line.1));
    let cancelled = Some(Failure::Cancelled);
    assert_eq!(failed, [(1, None, cancelled), (1, Some(500), None), (2, None, cancelled)]);
    assert_eq!(store.cancel(key("x"), 0).await.unwrap_err(), SendError::EndpointUnknown { id: "x".into() });
}

/// What came in while an endpoint was disabled, and what is dead, comes back with the whole schedule; what was delivered,
/// is queued, is older, of another type or was meant for another endpoint alone does not.
pub async fn missed_and_dead_events_are_recovered_with_the_whole_schedule(on: &impl Clocked) {
    let store = on.store();
    add(on, "e", settings().event_types(&["Ping", "Chosen"])).await;
    enqueue(on, vec![event("Chosen").id("old")], 10).await;
    let dead_and_old = claim(on, 10, 10).await.remove(0);
    settle(on, &dead_and_old, 500, Next::Dead, Effect::None, 10).await;
    enqueue(on, vec![event("Chosen").id("delivered"), event("Chosen").id("dead")], 20).await;
    for claim in claim(on, 10, 20).await {
        let next = if claim.event.id == "dead" { Next::Dead } else { Next::Delivered };
        settle(on, &claim, if next == Next::Dead { 500 } else { 200 }, next, Effect::None, 20).await;
    }
    enqueue(on, vec![event("Chosen").id("queued")], 25).await;
    store.change_endpoint(key("e"), EndpointChange::State(State::Disabled(DisableReason::ByHand))).await.unwrap();
    enqueue(on, vec![event("Chosen").id("missed"), event("Other").id("unchosen")], 30).await;
    store.enqueue(Tenant::new("another").unwrap(), vec![event("Chosen").id("foreign")]).await.unwrap();
    add(on, "later", settings().event_types(&["Nothing"])).await;
    store.change_endpoint(key("e"), EndpointChange::State(State::Enabled)).await.unwrap();
    on.set(at(40)).await;
    let recover = async |since| {
        let (mut count, mut next) = (0, Some(0));
        while let Some(after) = next {
            let (some, then) = store.recover(key("e"), at(since), after).await.unwrap();
            (count, next) = (count + some, then);
        }
        count
    };
    assert_eq!((recover(20).await, recover(20).await), (2, 0));
    let claims = claim(on, 10, 1020).await;
    let mut found: Vec<_> = claims
        .iter()
        .map(|claim| (claim.event.id.as_str(), claim.is_manual, claim.attempts, claim.attempts_before))
        .collect();
    found.sort_unstable();
    assert_eq!(found, [("dead", false, 1, 1), ("missed", false, 0, 0), ("queued", false, 0, 0)]);
    assert_eq!(event_types(&claims), ["Chosen"; 3]);
    let dead = claims.iter().find(|claim| claim.event.id == "dead").unwrap();
    settle(on, dead, 500, retry(10), Effect::Fails, 1020).await;
    let again = claim(on, 10, 1030).await.remove(0);
    assert_eq!((again.lease.delivery, again.attempts, again.attempts_before), (dead.lease.delivery, 2, 1));
    settle(on, &again, 200, Next::Delivered, Effect::Works, 1030).await;
    assert_eq!(recover(20).await, 0);
    assert_eq!(recover(0).await, 1, "the one that is older");
    let unknown = store.recover(key("x"), at(0), 0).await.unwrap_err();
    assert_eq!(unknown, SendError::EndpointUnknown { id: "x".into() });
}
