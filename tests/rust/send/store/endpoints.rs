//! Endpoints that are disabled, removed or unreadable, and a store of the release before.

use mambo_webhooks::UnixMillis;
use mambo_webhooks::send::store::{Capacity, Effect, EndpointChange, Next, Settled};
use mambo_webhooks::send::{
    DisableReason, DisableRule, Endpoint, Failure, LogQuery, Selection, SendError, SettingsChange, State, Store,
    Tenant, Waiting,
};

use super::{
    Clocked, LEASE, SERVER, add, at, claim, counts, endpoint, enqueue, event, key, log, ms, retry, settings, settle,
    settlement,
};

/// 410 disables at once; failures disable after days and a number of them; what waits goes on waiting.
pub async fn an_endpoint_that_is_gone_or_only_fails_is_disabled(on: &impl Clocked) {
    const DAY: i64 = 86_400_000;
    let store = on.store();
    let state = async |id: &str| {
        let endpoints = store.endpoints(None).await.unwrap();
        endpoints.iter().find(|endpoint| endpoint.id == id).unwrap().state
    };
    add(on, "gone", settings()).await;
    enqueue(on, vec![event("Other"), event("Other")], 0).await;
    let claims = claim(on, 1, 0).await;
    settle(on, &claims[0], 410, Next::Dead, Effect::Gone, 0).await;
    assert_eq!(state("gone").await, State::Disabled(DisableReason::Gone));
    assert!(claim(on, 10, DAY).await.is_empty());
    assert_eq!(counts(store).await, [1, 0, 1, 1]);

    add(on, "failing", settings()).await;
    enqueue(on, vec![event("Other")], 0).await;
    for failure in 0..10 {
        assert_eq!(state("failing").await, State::Enabled, "failure {failure}");
        let now = failure * DAY;
        let claim = claim(on, 10, now).await.remove(0);
        settle(on, &claim, 500, retry(DAY), Effect::Fails, now).await;
    }
    assert_eq!(state("failing").await, State::Disabled(DisableReason::Failing));
    let health = store.health(None, at(0)).await.unwrap();
    let failing = health.iter().find(|health| health.key.id() == "failing").unwrap();
    assert_eq!((failing.failures, failing.failing_since, failing.waiting), (10, Some(at(0)), 1));

    store.change_endpoint(key("failing"), EndpointChange::State(State::Enabled)).await.unwrap();
    let claim = claim(on, 10, 20 * DAY).await.remove(0);
    settle(on, &claim, 500, retry(DAY), Effect::Fails, 20 * DAY).await;
    assert_eq!(state("failing").await, State::Enabled, "enabling makes the record new");
}

/// One success ends a row of failures.
pub async fn one_success_ends_a_row_of_failures(on: &impl Clocked) {
    let store = on.store();
    add(on, "e", settings()).await;
    for (status, effect, failures, since) in
        [(500, Effect::Fails, 1, Some(at(0))), (500, Effect::Fails, 2, Some(at(0))), (200, Effect::Works, 0, None)]
    {
        enqueue(on, vec![event("Other")], 0).await;
        let claim = claim(on, 1, 0).await.remove(0);
        settle(on, &claim, status, Next::Dead, effect, 0).await;
        let health = store.health(None, at(0)).await.unwrap().remove(0);
        assert_eq!((health.failures, health.failing_since), (failures, since));
    }
    let health = store.health(None, at(0)).await.unwrap().remove(0);
    // The Ping, which a caller asked for, is not among them.
    assert_eq!((health.attempts, health.delivered, health.p50, health.p99), (3, 1, ms(7), ms(7)));
    assert_eq!(store.health(None, at(1)).await.unwrap()[0].attempts, 0);
}

/// A removed endpoint gets nothing more: what waits is set aside, what is in flight ends, and its log stays.
pub async fn a_removed_endpoint_gets_nothing_more(on: &impl Clocked) {
    let store = on.store();
    add(on, "e", settings()).await;
    add(on, "other", settings().event_types(&["Rare"])).await;
    enqueue(on, (0..4).map(|number| event("Other").id(&format!("e-{number}"))).collect(), 0).await;
    let claims = claim(on, 4, 0).await;
    settle(on, &claims[0], 200, Next::Delivered, Effect::Works, 0).await;
    settle(on, &claims[1], 500, retry(86_400_000), Effect::Fails, 0).await;
    store.release(vec![claims[2].lease]).await.unwrap();
    store.remove_endpoint(key("e"), Waiting::Cancel).await.unwrap();
    let unknown = SendError::EndpointUnknown { id: "e".into() };
    assert_eq!(store.remove_endpoint(key("e"), Waiting::Cancel).await.unwrap_err(), unknown);
    let enable = EndpointChange::State(State::Enabled);
    assert_eq!(store.change_endpoint(key("e"), enable).await.unwrap_err(), unknown);
    assert_eq!(
        store.change_endpoint(key("e"), EndpointChange::Settings(SettingsChange::default())).await.unwrap_err(),
        unknown
    );
    assert_eq!(store.enqueue_manual(event("Ping"), key("e")).await.unwrap_err(), unknown);
    let ids = |endpoints: Vec<std::sync::Arc<Endpoint>>| endpoints.iter().map(|e| e.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(store.endpoints(None).await.unwrap()), ["other"]);
    assert_eq!(store.health(None, at(0)).await.unwrap().len(), 1);
    assert_eq!(store.counts(None).await.unwrap().unreadable, 0);
    assert_eq!(enqueue(on, vec![event("Other")], 0).await[0].deliveries, 0);
    assert!(claim(on, 10, 0).await.is_empty());
    assert_eq!(counts(store).await, [2, 1, 3, 0]);
    // The retry and the one that was given back; then the one in flight.
    assert_eq!((store.abandon().await.unwrap(), store.abandon().await.unwrap()), (2, 0));
    let again = store.add_endpoint(endpoint("e", settings()), SERVER).await.unwrap_err();
    assert_eq!(again, SendError::EndpointExists { id: "e".into() }, "one is in flight");
    assert_eq!(settle(on, &claims[3], 500, retry(10), Effect::Fails, 0).await, Settled::Done);
    assert!(claim(on, 10, 10).await.is_empty());
    assert_eq!(store.abandon().await.unwrap(), 1);
    assert_eq!(counts(store).await, [0, 0, 3, 3]);
    let of_e = LogQuery::default().endpoint("e");
    let removed = Some(Failure::EndpointRemoved);
    let mut lines = log(store, of_e.clone()).await;
    lines.sort_unstable_by_key(|line| (line.0, line.2, line.3.is_some()));
    let expected = [
        (1, false, None, removed),
        (1, false, Some(200), None),
        (1, true, Some(204), None),
        (1, false, Some(500), None),
        (1, false, Some(500), None),
        (2, false, None, removed),
        (2, false, None, removed),
    ];
    assert_eq!(lines, expected);
    assert_eq!(
        store.retry(Tenant::default(), Selection::Dead { endpoint: None }).await.unwrap(),
        0,
        "it has no address"
    );
    let secrets =
        "UPDATE TABLE:endpoint SET state = 'enabled', revision = 1000 WHERE settings LIKE '%horse%' AND id LIKE '%e'";
    on.sql(secrets).await;
    assert_eq!(ids(store.endpoints(None).await.unwrap()), ["other"], "its secrets are deleted");
    // The id can be used again, and begins anew.
    add(on, "e", settings()).await;
    assert_eq!(store.retry(Tenant::default(), Selection::Dead { endpoint: Some("e".into()) }).await.unwrap(), 3);
    let claims = claim(on, 10, 10_000).await;
    assert_eq!(claims.len(), 3);
    assert!(claims.iter().all(|claim| claim.is_manual && claim.endpoint.id == "e"));
    assert_eq!(log(store, of_e).await.len(), 8);
}

/// An endpoint that a newer release wrote is left out and said; everything else goes on, and its deliveries wait.
pub async fn an_unreadable_endpoint_stops_nothing_else(on: &impl Clocked) {
    let store = on.store();
    add(on, "new", settings().event_types(&["Other"])).await;
    add(on, "old", settings()).await;
    let unread = "UPDATE TABLE:endpoint SET settings = replace(settings, '\"url\"', '\"colour\":\"blue\",\"url\"'), revision = 1000";
    on.sql(&format!("{unread} WHERE id LIKE '%new'")).await;
    let taken = enqueue(on, vec![event("Other"), event("Rare")], 0).await;
    assert_eq!(taken.iter().map(|taken| taken.deliveries).collect::<Vec<_>>(), [2, 1], "as it subscribes");
    for _claim in 0..2 {
        assert!(claim(on, 10, 0).await.iter().all(|claim| claim.endpoint.id == "old"));
    }
    assert_eq!(counts(store).await, [1, 2, 2, 0]);
    assert_eq!(store.counts(None).await.unwrap().unreadable, 1);
    let ids = |endpoints: Vec<std::sync::Arc<Endpoint>>| endpoints.iter().map(|e| e.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(store.endpoints(None).await.unwrap()), ["old"]);
    let health = store.health(None, at(0)).await.unwrap();
    assert_eq!((health[0].key.id(), health[0].endpoint.is_none(), health[0].waiting), ("new", true, 1));
    let rotate = EndpointChange::Rotate { secret: "a second secret of length".into(), overlap: ms(0) };
    let problem = store.change_endpoint(key("new"), rotate).await.unwrap_err();
    assert_eq!(problem, SendError::EndpointUnreadable { id: "new".into() });
    store.change_endpoint(key("new"), EndpointChange::State(State::Disabled(DisableReason::ByHand))).await.unwrap();
    store.change_endpoint(key("new"), EndpointChange::State(State::Enabled)).await.unwrap();
    let change = EndpointChange::Settings(SettingsChange::default());
    assert_eq!(store.change_endpoint(key("new"), change).await.unwrap_err().code(), "endpoint_unreadable");
    let read = "UPDATE TABLE:endpoint SET settings = replace(settings, '\"colour\":\"blue\",', ''), revision = 2000";
    on.sql(&format!("{read} WHERE id LIKE '%new'")).await;
    assert_eq!(claim(on, 10, 0).await.len(), 1, "with settings that can be read its deliveries go out");
}

/// What the release before (commit 13fcaee) left in its store is all there, and goes on: `fixtures/README.md` lists it.
pub async fn a_store_of_the_release_before_goes_on(on: &impl Clocked) {
    const AT: UnixMillis = UnixMillis(1_795_818_400_000);
    let store = on.store();
    on.set(AT).await;
    assert_eq!(counts(store).await, [13, 2, 9, 2]);
    let waiting: Vec<(String, u64, u64)> = store
        .health(None, UnixMillis(0))
        .await
        .unwrap()
        .into_iter()
        .map(|health| (health.key.id().to_owned(), health.waiting, health.attempts))
        .collect();
    let expected = [("down", 7, 9), ("hangs", 1, 0), ("off", 4, 0), ("ok", 1, 7)];
    assert_eq!(waiting, expected.map(|(id, waiting, attempts)| (id.to_owned(), waiting, attempts)));
    let again =
        store.enqueue(Tenant::default(), vec![event("Other").idempotency_key("key-1")]).await.unwrap().remove(0);
    assert_eq!((again.event.as_str(), again.is_new), ("e-1", false));
    // Two hours later the leases of the worker that was killed have ended, and every retry is due.
    on.set(UnixMillis(AT.0 + 7_200_000)).await;
    assert_eq!(store.reclaim_expired(SERVER).await.unwrap().leases, 2);
    let mut delivered = Vec::new();
    loop {
        tokio::time::sleep(ms(45)).await;
        let everything = Capacity { deliveries: 100, slow: 100, bytes: usize::MAX };
        let claims = store.claim(everything, ms(LEASE)).await.unwrap().claims;
        if claims.is_empty() {
            break;
        }
        let all: Vec<_> =
            claims.iter().map(|claim| settlement(claim, 204, Next::Delivered, Effect::Works, 0)).collect();
        store.settle(all.into(), DisableRule::default(), SERVER).await.unwrap();
        delivered
            .extend(claims.iter().map(|claim| (claim.endpoint.id.clone(), claim.event.id.clone(), claim.attempts)));
    }
    delivered.retain(|(_, event, _)| event.starts_with("e-"));
    delivered.sort();
    let expected = [
        ("down", "e-1", 1),
        ("down", "e-2", 1),
        ("down", "e-3", 1),
        ("down", "e-4", 1),
        ("down", "e-5", 2),
        ("down", "e-7", 1),
        ("down", "e-8", 0),
        ("hangs", "e-7", 0),
        ("hangs", "e-8", 0),
        ("ok", "e-8", 0),
    ];
    assert_eq!(delivered, expected.map(|(id, event, attempts)| (id.to_owned(), event.to_owned(), attempts)));
    assert_eq!(
        counts(store).await,
        [4, 0, 20, 2],
        "what waits for the disabled one goes on waiting, its Ping is one of 20"
    );
    assert_eq!(store.retry(Tenant::default(), Selection::Dead { endpoint: None }).await.unwrap(), 2);
    assert_eq!(store.log(LogQuery::default().limit(100)).await.unwrap().len(), 19 + 11);
    let endpoints = store.endpoints(None).await.unwrap();
    let ok = endpoints.iter().find(|endpoint| endpoint.id == "ok").unwrap();
    assert_eq!(ok.settings.event_types, Some(vec!["ActivityCreated".to_owned()]));
    let other = store
        .enqueue(Tenant::default(), vec![event("Other").id("other"), event("ActivityCreated").id("activity")])
        .await
        .unwrap();
    assert!(other.iter().all(|enqueued| enqueued.is_new));
    let everything = Capacity { deliveries: 100, slow: 100, bytes: usize::MAX };
    let claims = store.claim(everything, ms(LEASE)).await.unwrap().claims;
    let sent = claims.iter().filter(|claim| claim.endpoint.id == "ok").map(|claim| claim.event.id.as_str());
    assert_eq!(sent.collect::<Vec<_>>(), ["activity"]);
}
