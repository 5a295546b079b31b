//! What every store must do, run on an empty one.

use std::collections::HashSet;
use std::time::Duration;

use mambo_webhooks::send::store::DeliveryCounts;
use mambo_webhooks::send::store::{
    Capacity, Claim, Claimed, EndpointChange, Lease, MAX_CRASHES_PER_DELIVERY, Settled, Settlement,
};
use mambo_webhooks::send::store::{Effect, Next};
use mambo_webhooks::send::{
    AddressPolicy, AttemptRecord, AttemptResponse, BreakerState, DisableReason, DisableRule, Endpoint,
    EndpointSettings, Enqueued, Failure, LogQuery, NewEvent, Prune, Selection, SendError, State, Store,
};
use mambo_webhooks::{UnixMillis, Version, VersionPolicy};

pub const SECRET: &str = "correct horse battery staple";
const SERVER: Version = Version::new(9, 0, 0);
const T: i64 = 1_700_000_000_000;
const LEASE: i64 = 45_000;
const NOTHING: Capacity = Capacity { deliveries: 0, slow: 0, bytes: 0 };

/// A store whose time and tables a test can set.
pub trait Clocked {
    type Store: Store + Clone;

    fn store(&self) -> &Self::Store;

    /// Lets the store's clock show this.
    async fn set(&self, now: UnixMillis);

    /// Runs a statement on the store's tables, `TABLE:name` being the name of a table.
    async fn sql(&self, sql: &str);

    /// Lets every endpoint be one that was answered quickly for long.
    async fn warm(&self) {
        self.sql("UPDATE TABLE:status SET concurrency = 1024, latency_ms = 5").await;
    }
}

const fn at(ms: i64) -> UnixMillis {
    UnixMillis(T + ms)
}

pub fn settings() -> EndpointSettings {
    EndpointSettings::new("https://example.com/hook", SECRET)
}

fn endpoint(id: &str, settings: EndpointSettings) -> Endpoint {
    Endpoint::new(id.into(), settings, State::Enabled, &AddressPolicy::public_only()).unwrap()
}

pub fn event(event_type: &str) -> NewEvent {
    NewEvent::new(event_type, SERVER, r#"{"a":12345678901234567890123}"#).unwrap()
}

/// Adds an endpoint, settles the Ping that it is sent, and lets it be one that is known to be quick.
async fn add(on: &impl Clocked, id: &str, settings: EndpointSettings) {
    on.set(at(0)).await;
    on.store().add_endpoint(endpoint(id, settings), SERVER).await.unwrap();
    let claims = claim(on, 10, 0).await;
    assert_eq!(event_types(&claims), ["Ping"]);
    settle(on, &claims[0], 204, Next::Delivered, Effect::None, 0).await;
    on.warm().await;
}

async fn claimed(on: &impl Clocked, capacity: Capacity, now: i64) -> Claimed {
    on.set(at(now)).await;
    on.store().reclaim_expired().await.unwrap();
    let began = tokio::time::Instant::now();
    let claimed = on.store().claim(capacity, ms(LEASE)).await.unwrap();
    // The next claim looks at every endpoint: a look at all is made no more often, and takes a tenth of the time at
    // most.
    tokio::time::sleep(ms(45).max(began.elapsed() * 11)).await;
    claimed
}

async fn claim(on: &impl Clocked, most: usize, now: i64) -> Vec<Claim> {
    claimed(on, Capacity { deliveries: most, slow: most, bytes: usize::MAX }, now).await.claims
}

fn ms(ms: i64) -> Duration {
    Duration::from_millis(ms.try_into().unwrap())
}

fn retry(after_ms: i64) -> Next {
    Next::Retry(ms(after_ms))
}

fn event_types(claims: &[Claim]) -> Vec<&str> {
    claims.iter().map(|claim| claim.event.event_type.as_str()).collect()
}

fn settlement(claim: &Claim, status: u16, next: Next, effect: Effect, now: i64) -> Settlement {
    let answer = AttemptResponse {
        status: Some(status),
        body: b"said".to_vec(),
        elapsed: Duration::from_millis(7),
        ..AttemptResponse::default()
    };
    let (number, is_manual) = (claim.attempts + 1, claim.is_manual);
    let attempt = AttemptRecord { number, is_manual, started: at(now), version: Some(SERVER), answer };
    Settlement { lease: claim.lease, endpoint: claim.endpoint.id.clone(), attempt, next, effect }
}

async fn settle(on: &impl Clocked, claim: &Claim, status: u16, next: Next, effect: Effect, now: i64) -> Settled {
    on.set(at(now)).await;
    let settlement = settlement(claim, status, next, effect, now);
    on.store().settle([settlement].into(), DisableRule::default()).await.unwrap()[0]
}

async fn enqueue(on: &impl Clocked, events: Vec<NewEvent>, now: i64) -> Vec<Enqueued> {
    on.set(at(now)).await;
    on.store().enqueue(events).await.unwrap()
}

async fn counts(store: &impl Store) -> [u64; 4] {
    let DeliveryCounts { waiting, leased, delivered, dead, .. } = store.counts().await.unwrap();
    [waiting, leased, delivered, dead]
}

async fn log(store: &impl Store, query: LogQuery) -> Vec<(u32, bool, Option<u16>, Option<Failure>)> {
    let lines = store.log(query.limit(100)).await.unwrap();
    let row = |record: &AttemptRecord| (record.number, record.is_manual, record.answer.status, record.answer.failure);
    lines.iter().map(|line| row(&line.attempt)).collect()
}

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
    store.change_endpoint("off".into(), EndpointChange::State(State::Disabled(DisableReason::ByHand))).await.unwrap();
    let taken =
        store.enqueue(vec![event("ActivityCreated").id("e-1"), event("Other").time("17").unwrap()]).await.unwrap();
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
    let first = store.enqueue(vec![keyed()]).await.unwrap().remove(0);
    let second = store.enqueue(vec![keyed()]).await.unwrap().remove(0);
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
    let problem = store.enqueue(vec![event("Other"), event("Other").id("same")]).await.unwrap_err();
    assert_eq!(problem, SendError::EventExists { id: "same".into() });
    assert_eq!(counts(store).await, [3, 0, 1, 0], "the event before the refused one was not taken either");
    enqueue(on, vec![event("Other")], 0).await;
    assert_eq!(counts(store).await, [4, 0, 1, 0], "the store goes on");
}

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
    store.change_endpoint("a".into(), EndpointChange::State(State::Disabled(DisableReason::ByHand))).await.unwrap();
    let dead_of_a = Selection::Dead { endpoint: Some("a".into()) };
    on.set(at(30)).await;
    assert_eq!(store.retry(dead_of_a.clone()).await.unwrap(), 2);
    assert_eq!(store.retry(dead_of_a).await.unwrap(), 0);
    assert!(claim(on, 10, 1019).await.is_empty(), "a second after the attempt before: no two share a timestamp");
    let claims = claim(on, 10, 1020).await;
    assert!(claims.iter().all(|claim| claim.is_manual && claim.attempts == 1 && claim.endpoint.id == "a"));
    assert_eq!(claims.len(), 2);
    settle(on, &claims[0], 200, Next::Delivered, Effect::None, 1020).await;
    settle(on, &claims[1], 500, Next::Dead, Effect::None, 1020).await;
    let range = Selection::Range { from: at(11), until: at(20), endpoint: Some("b".into()) };
    assert_eq!(store.retry(range).await.unwrap(), 1);
    assert_eq!(event_types(&claim(on, 10, 2000).await), ["Two"]);
    let one = Selection::One(claims[0].lease.delivery);
    assert_eq!(store.retry(one).await.unwrap(), 1, "a delivered one can be sent again");
    assert_eq!(store.retry(Selection::One(-1)).await.unwrap(), 0);
    assert_eq!(store.retry(Selection::Dead { endpoint: None }).await.unwrap(), 2);
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
    store.change_endpoint("a".into(), EndpointChange::State(State::Disabled(DisableReason::ByHand))).await.unwrap();
    enqueue(on, vec![event("Other").id("unclaimed")], 10).await;
    store.change_endpoint("a".into(), EndpointChange::State(State::Enabled)).await.unwrap();
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
    store.change_endpoint("a".into(), EndpointChange::State(State::Disabled(DisableReason::ByHand))).await.unwrap();
    enqueue(on, many, 80).await;
    store.change_endpoint("a".into(), EndpointChange::State(State::Enabled)).await.unwrap();
    enqueue(on, vec![event("Other")], 90).await;
    let first = store.prune(Prune::before(at(85)), 0).await.unwrap();
    assert!(first.0 < 1200 && first.1.is_some(), "a step is short: {first:?}");
    assert_eq!(first.0 + prune(85, false).await, 1200);
    assert_eq!(prune(85, false).await, 0);
}

/// 410 disables at once; failures disable after days and a number of them; what waits goes on waiting.
pub async fn an_endpoint_that_is_gone_or_only_fails_is_disabled(on: &impl Clocked) {
    const DAY: i64 = 86_400_000;
    let store = on.store();
    let state = async |id: &str| {
        let endpoints = store.endpoints().await.unwrap();
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
    let health = store.health(at(0)).await.unwrap();
    let failing = health.iter().find(|health| health.id == "failing").unwrap();
    assert_eq!((failing.failures, failing.failing_since, failing.waiting), (10, Some(at(0)), 1));

    store.change_endpoint("failing".into(), EndpointChange::State(State::Enabled)).await.unwrap();
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
        let health = store.health(at(0)).await.unwrap().remove(0);
        assert_eq!((health.failures, health.failing_since), (failures, since));
    }
    let health = store.health(at(0)).await.unwrap().remove(0);
    // The Ping, which a caller asked for, is not among them.
    assert_eq!((health.attempts, health.delivered, health.p50, health.p99), (3, 1, ms(7), ms(7)));
    assert_eq!(store.health(at(1)).await.unwrap()[0].attempts, 0);
}

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

/// A new secret signs first, and the old one beside it until the overlap ends.
pub async fn a_new_secret_signs_first_and_the_old_one_until_the_overlap_ends(on: &impl Clocked) {
    let store = on.store();
    add(on, "e", settings()).await;
    let valid = async |ms| {
        let endpoints = store.endpoints().await.unwrap();
        endpoints[0].keys().valid(at(ms)).map(|key| key.id().to_owned()).collect::<Vec<_>>().join(",")
    };
    let rotate = |secret: &str, now: i64, until: i64| EndpointChange::Rotate {
        secret: secret.into(),
        overlap: ms(until - now + 1),
    };
    on.set(at(100)).await;
    store.change_endpoint("e".into(), rotate("a second secret of length", 100, 200)).await.unwrap();
    on.set(at(150)).await;
    store.change_endpoint("e".into(), rotate("a third secret of some length", 150, 1000)).await.unwrap();
    assert_eq!((valid(150).await, valid(201).await, valid(1001).await), ("3,2,1".into(), "3,2".into(), "3".into()));
    for number in 4..=16 {
        store.change_endpoint("e".into(), rotate(&format!("secret of number {number}"), 150, 9000)).await.unwrap();
    }
    let many = store.change_endpoint("e".into(), rotate("one secret too many", 150, 9000)).await.unwrap_err();
    assert_eq!(many.to_string(), "key ring has 17 keys, allowed 16");
    let shown = format!("{:?} {:?}", store.endpoints().await.unwrap(), rotate("one secret too many", 0, 0));
    assert!(!shown.contains("horse") && !shown.contains("too many"), "{shown}");
    let unknown = store.change_endpoint("x".into(), rotate("a fourth secret", 0, 0)).await.unwrap_err();
    assert_eq!(unknown, SendError::EndpointUnknown { id: "x".into() });
    let exists = store.add_endpoint(endpoint("e", settings()), SERVER).await.unwrap_err();
    assert_eq!(exists, SendError::EndpointExists { id: "e".into() });
    let ping = store.enqueue_manual(event("Ping"), "x".into()).await.unwrap_err();
    assert_eq!(ping.code(), "endpoint_unknown");
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

/// A delivered delivery that is sent again by hand stays delivered when that fails; a dead one that succeeds is
/// delivered.
pub async fn a_replay_that_fails_leaves_a_delivery_delivered(on: &impl Clocked) {
    let store = on.store();
    add(on, "e", settings()).await;
    enqueue(on, vec![event("Other").id("e-1")], 0).await;
    let first = claim(on, 10, 0).await.remove(0);
    settle(on, &first, 200, Next::Delivered, Effect::Works, 0).await;
    let line = async || store.log(LogQuery::default().limit(1)).await.unwrap().remove(0);
    for (now, status, next) in [(10_000, 500, Next::Dead), (20_000, 200, Next::Delivered)] {
        on.set(at(now)).await;
        assert_eq!(store.retry(Selection::One(first.lease.delivery)).await.unwrap(), 1);
        assert_eq!(store.retry(Selection::One(first.lease.delivery)).await.unwrap(), 0, "it is under way");
        assert_eq!(line().await.state, "waiting");
        let replay = claim(on, 10, now + 1000).await.remove(0);
        assert!(replay.is_manual);
        settle(on, &replay, status, next, Effect::None, now + 1000).await;
        assert_eq!((line().await.state, counts(store).await), ("delivered", [0, 0, 2, 0]));
    }
    enqueue(on, vec![event("Other").id("e-2")], 0).await;
    let second = claim(on, 10, 0).await.remove(0);
    settle(on, &second, 500, Next::Dead, Effect::Fails, 0).await;
    assert_eq!(counts(store).await, [0, 0, 2, 1]);
    assert_eq!(store.retry(Selection::One(second.lease.delivery)).await.unwrap(), 1);
    assert_eq!(counts(store).await, [1, 0, 2, 0]);
    let replay = claim(on, 10, 2000).await.remove(0);
    settle(on, &replay, 200, Next::Delivered, Effect::None, 2000).await;
    assert_eq!((line().await.state, counts(store).await), ("delivered", [0, 0, 3, 0]));
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
    assert_eq!(store.retry(Selection::Dead { endpoint: None }).await.unwrap(), 100);
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
        store.settle([settlement].into(), DisableRule::default()).await.unwrap();
    };
    let breaker = async || store.health(at(0)).await.unwrap()[0].breaker;
    let first = claim(on, 10, 0).await;
    assert_eq!(first.len(), 8);
    for claim in &first[..5] {
        assert_eq!(breaker().await, BreakerState::Closed);
        time_out(claim, 0).await;
    }
    assert_eq!((breaker().await, store.counts().await.unwrap().breakers_open), (BreakerState::Open(at(30_000)), 1));
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
        on.store().settle(all.into(), DisableRule::default()).await.unwrap();
    }
    assert_eq!(sizes, [1, 2, 4, 8, 8]);
}

/// Slow endpoints, and those that were not attempted yet, take no more than their part of a worker, nor of its memory.
pub async fn a_claim_keeps_to_the_worker_s_capacity(on: &impl Clocked) {
    for id in ["a", "b", "c"] {
        add(on, id, settings()).await;
    }
    on.sql("UPDATE TABLE:status SET latency_ms = 1000 WHERE endpoint IN ('a', 'b')").await;
    enqueue(on, (0..8).map(|_| event("Other")).collect(), 0).await;
    let found = claimed(on, Capacity { deliveries: 9, slow: 4, bytes: usize::MAX }, 0).await.claims;
    let slow = found.iter().filter(|claim| claim.is_slow).count();
    assert_eq!((found.len(), slow), (9, 4), "{:?}", found.iter().map(|claim| &claim.endpoint.id).collect::<Vec<_>>());
    let size = found[0].event.data.len();
    let found = claimed(on, Capacity { deliveries: 9, slow: 9, bytes: 3 * size + 1 }, 0).await.claims;
    assert_eq!(found.len(), 3);
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
    store.remove_endpoint("e".into()).await.unwrap();
    let unknown = SendError::EndpointUnknown { id: "e".into() };
    assert_eq!(store.remove_endpoint("e".into()).await.unwrap_err(), unknown);
    let enable = EndpointChange::State(State::Enabled);
    assert_eq!(store.change_endpoint("e".into(), enable).await.unwrap_err(), unknown);
    assert_eq!(store.change_endpoint("e".into(), EndpointChange::Settings(settings())).await.unwrap_err(), unknown);
    assert_eq!(store.enqueue_manual(event("Ping"), "e".into()).await.unwrap_err(), unknown);
    let ids = |endpoints: Vec<std::sync::Arc<Endpoint>>| endpoints.iter().map(|e| e.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(store.endpoints().await.unwrap()), ["other"]);
    assert_eq!(store.health(at(0)).await.unwrap().len(), 1);
    assert_eq!(store.counts().await.unwrap().unreadable, 0);
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
    assert_eq!(store.retry(Selection::Dead { endpoint: None }).await.unwrap(), 0, "it has no address");
    let secrets =
        "UPDATE TABLE:endpoint SET state = 'enabled', revision = 1000 WHERE settings LIKE '%horse%' AND id = 'e'";
    on.sql(secrets).await;
    assert_eq!(ids(store.endpoints().await.unwrap()), ["other"], "its secrets are deleted");
    // The id can be used again, and begins anew.
    add(on, "e", settings()).await;
    assert_eq!(store.retry(Selection::Dead { endpoint: Some("e".into()) }).await.unwrap(), 3);
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
    on.sql(&format!("{unread} WHERE id = 'new'")).await;
    let taken = enqueue(on, vec![event("Other"), event("Rare")], 0).await;
    assert_eq!(taken.iter().map(|taken| taken.deliveries).collect::<Vec<_>>(), [2, 1], "as it subscribes");
    for _claim in 0..2 {
        assert!(claim(on, 10, 0).await.iter().all(|claim| claim.endpoint.id == "old"));
    }
    assert_eq!(counts(store).await, [1, 2, 2, 0]);
    assert_eq!(store.counts().await.unwrap().unreadable, 1);
    let ids = |endpoints: Vec<std::sync::Arc<Endpoint>>| endpoints.iter().map(|e| e.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(store.endpoints().await.unwrap()), ["old"]);
    let health = store.health(at(0)).await.unwrap();
    assert_eq!((health[0].id.as_str(), health[0].endpoint.is_none(), health[0].waiting), ("new", true, 1));
    let rotate = EndpointChange::Rotate { secret: "a second secret of length".into(), overlap: ms(0) };
    let problem = store.change_endpoint("new".into(), rotate).await.unwrap_err();
    assert_eq!(problem, SendError::EndpointUnreadable { id: "new".into() });
    store.change_endpoint("new".into(), EndpointChange::State(State::Disabled(DisableReason::ByHand))).await.unwrap();
    store.change_endpoint("new".into(), EndpointChange::State(State::Enabled)).await.unwrap();
    store.change_endpoint("new".into(), EndpointChange::Settings(settings())).await.unwrap();
    assert_eq!(claim(on, 10, 0).await.len(), 1, "with settings that can be read its deliveries go out");
}

/// What the release before (commit 13fcaee) left in its store is all there, and goes on: `fixtures/README.md` lists it.
pub async fn a_store_of_the_release_before_goes_on(on: &impl Clocked) {
    const AT: UnixMillis = UnixMillis(1_795_818_400_000);
    let store = on.store();
    on.set(AT).await;
    assert_eq!(counts(store).await, [13, 2, 9, 2]);
    let waiting: Vec<(String, u64, u64)> = store
        .health(UnixMillis(0))
        .await
        .unwrap()
        .into_iter()
        .map(|health| (health.id, health.waiting, health.attempts))
        .collect();
    let expected = [("down", 7, 9), ("hangs", 1, 0), ("off", 4, 0), ("ok", 1, 7)];
    assert_eq!(waiting, expected.map(|(id, waiting, attempts)| (id.to_owned(), waiting, attempts)));
    let again = store.enqueue(vec![event("Other").idempotency_key("key-1")]).await.unwrap().remove(0);
    assert_eq!((again.event.as_str(), again.is_new), ("e-1", false));
    // Two hours later the leases of the worker that was killed have ended, and every retry is due.
    on.set(UnixMillis(AT.0 + 7_200_000)).await;
    assert_eq!(store.reclaim_expired().await.unwrap(), 2);
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
        store.settle(all.into(), DisableRule::default()).await.unwrap();
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
    assert_eq!(store.retry(Selection::Dead { endpoint: None }).await.unwrap(), 2);
    assert_eq!(store.log(LogQuery::default().limit(100)).await.unwrap().len(), 19 + 11);
    let endpoints = store.endpoints().await.unwrap();
    let ok = endpoints.iter().find(|endpoint| endpoint.id == "ok").unwrap();
    assert_eq!(ok.settings.event_types, Some(vec!["ActivityCreated".to_owned()]));
    let other = store.enqueue(vec![event("Other").id("other"), event("ActivityCreated").id("activity")]).await.unwrap();
    assert!(other.iter().all(|enqueued| enqueued.is_new));
    let everything = Capacity { deliveries: 100, slow: 100, bytes: usize::MAX };
    let claims = store.claim(everything, ms(LEASE)).await.unwrap().claims;
    let sent = claims.iter().filter(|claim| claim.endpoint.id == "ok").map(|claim| claim.event.id.as_str());
    assert_eq!(sent.collect::<Vec<_>>(), ["activity"]);
}
