//! What every store must do, run on an empty one.

use std::collections::HashSet;

use mambo_webhooks::send::endpoint::Reason;
use mambo_webhooks::send::outcome::{DisableRule, Effect, Next};
use mambo_webhooks::send::store::{Change, Claim, Counts, Lease, MAX_CRASHES, Settled, Settlement};
use mambo_webhooks::send::{
    Answer, AttemptRecord, Endpoint, Failure, Guard, LogQuery, NewEvent, Prune, Selection, SendError, Settings, State,
    Store,
};
use mambo_webhooks::{Policy, Release, UnixMillis};

pub const SECRET: &str = "correct horse battery staple";
const SERVER: Release = Release::new(9, 0, 0);
const T: i64 = 1_700_000_000_000;
const LEASE: i64 = 45_000;

const fn at(ms: i64) -> UnixMillis {
    UnixMillis(T + ms)
}

pub fn settings() -> Settings {
    Settings::new("https://example.com/hook", SECRET)
}

fn endpoint(id: &str, settings: Settings) -> Endpoint {
    Endpoint::new(id.into(), settings, State::Enabled, &Guard::public_only()).unwrap()
}

pub fn event(kind: &str) -> NewEvent {
    NewEvent::new(kind, SERVER, r#"{"a":12345678901234567890123}"#).unwrap()
}

/// Adds an endpoint and settles the Ping that it is sent.
async fn add(store: &impl Store, id: &str, settings: Settings) {
    store.add_endpoint(endpoint(id, settings), SERVER, at(0)).await.unwrap();
    let claims = claim(store, 10, 0).await;
    assert_eq!(kinds(&claims), ["Ping"]);
    settle(store, &claims[0], 204, Next::Delivered, Effect::None, 0).await;
}

async fn claim(store: &impl Store, most: usize, now: i64) -> Vec<Claim> {
    store.claim(most, at(now), at(now + LEASE)).await.unwrap()
}

fn kinds(claims: &[Claim]) -> Vec<&str> {
    claims.iter().map(|claim| claim.event.kind.as_str()).collect()
}

fn settlement(claim: &Claim, status: u16, next: Next, effect: Effect, now: i64) -> Settlement {
    let answer = Answer { status: Some(status), body: b"said".to_vec(), elapsed_ms: 7, ..Answer::default() };
    let (number, is_manual) = (claim.attempts + 1, claim.is_manual);
    let attempt = AttemptRecord { number, is_manual, started: at(now), version: Some(SERVER), answer };
    Settlement { lease: claim.lease, endpoint: claim.endpoint.id.clone(), attempt, next, effect }
}

async fn settle(store: &impl Store, claim: &Claim, status: u16, next: Next, effect: Effect, now: i64) -> Settled {
    let settlement = settlement(claim, status, next, effect, now);
    store.settle([settlement].into(), DisableRule::default(), at(now)).await.unwrap()[0]
}

async fn counts(store: &impl Store) -> [u64; 4] {
    let Counts { waiting, leased, delivered, dead } = store.counts().await.unwrap();
    [waiting, leased, delivered, dead]
}

async fn log(store: &impl Store, query: LogQuery) -> Vec<(u32, bool, Option<u16>, Option<Failure>)> {
    let lines = store.log(LogQuery { limit: 100, ..query }).await.unwrap();
    let row = |record: &AttemptRecord| (record.number, record.is_manual, record.answer.status, record.answer.failure);
    lines.iter().map(|line| row(&line.attempt)).collect()
}

/// An event goes to every enabled endpoint that takes its kind, byte for byte as it came in.
pub async fn fans_out(store: &impl Store) {
    add(store, "all", settings()).await;
    add(store, "one-kind", settings().kinds(&["ActivityCreated"]).policy(Policy::Pinned(Release::new(8, 0, 3)))).await;
    add(store, "off", settings()).await;
    store.change_endpoint("off".into(), Change::State(State::Disabled(Reason::ByHand))).await.unwrap();
    let taken = store
        .enqueue(vec![event("ActivityCreated").id("e-1"), event("Other").time("17").unwrap()], at(0))
        .await
        .unwrap();
    assert_eq!(taken.iter().map(|taken| (taken.deliveries, taken.is_new)).collect::<Vec<_>>(), [(2, true), (1, true)]);
    assert_eq!((taken[0].event.as_str(), taken[1].event.len()), ("e-1", 36));
    let claims = claim(store, 10, 0).await;
    let mut rows: Vec<_> = claims
        .iter()
        .map(|claim| {
            (claim.endpoint.id.as_str(), claim.event.kind.as_str(), claim.event.time.as_deref(), claim.attempts)
        })
        .collect();
    rows.sort_unstable();
    let expected = [
        ("all", "ActivityCreated", None, 0),
        ("all", "Other", Some("17"), 0),
        ("one-kind", "ActivityCreated", None, 0),
    ];
    assert_eq!(rows, expected);
    for claim in &claims {
        assert_eq!((claim.event.data.as_str(), claim.event.version), (r#"{"a":12345678901234567890123}"#, SERVER));
    }
    let pinned = claims.iter().find(|claim| claim.endpoint.id == "one-kind").unwrap();
    assert_eq!(pinned.endpoint.policy(), Policy::Pinned(Release::new(8, 0, 3)));
    assert_eq!(counts(store).await, [0, 3, 3, 0]);
}

/// All of a batch or none; one key, one event; one id, one event.
pub async fn takes_each_event_once(store: &impl Store) {
    add(store, "e", settings()).await;
    let keyed = || event("Other").idempotency_key("order-7");
    let first = store.enqueue(vec![keyed()], at(0)).await.unwrap().remove(0);
    let second = store.enqueue(vec![keyed()], at(1)).await.unwrap().remove(0);
    assert_eq!((first.is_new, second.is_new, second.deliveries), (true, false, 1));
    assert_eq!(first.event, second.event);
    assert_eq!(counts(store).await, [1, 0, 1, 0]);
    let twice = store.enqueue(vec![keyed(), keyed()], at(1)).await.unwrap();
    assert!(twice.iter().all(|taken| taken.event == first.event && !taken.is_new));
    let both = || event("Other").id("both").idempotency_key("order-8");
    let pair = store.enqueue(vec![both(), both()], at(1)).await.unwrap();
    assert_eq!(
        pair.iter().map(|taken| (taken.event.as_str(), taken.is_new)).collect::<Vec<_>>(),
        [("both", true), ("both", false)]
    );
    store.enqueue(vec![event("Other").id("same")], at(0)).await.unwrap();
    let problem = store.enqueue(vec![event("Other"), event("Other").id("same")], at(0)).await.unwrap_err();
    assert_eq!(problem, SendError::EventExists { id: "same".into() });
    assert_eq!(counts(store).await, [3, 0, 1, 0], "the event before the refused one was not taken either");
    store.enqueue(vec![event("Other")], at(0)).await.unwrap();
    assert_eq!(counts(store).await, [4, 0, 1, 0], "the store goes on");
}

/// A claim is handed out once, until its lease ends; then whoever had it is told so.
pub async fn fences(store: &impl Store) {
    add(store, "e", settings()).await;
    store.enqueue(vec![event("Other")], at(0)).await.unwrap();
    let first = claim(store, 10, 0).await.remove(0);
    assert!(claim(store, 10, LEASE).await.is_empty(), "the end of a lease is inside it");
    let second = claim(store, 10, LEASE + 1).await.remove(0);
    assert_eq!((first.lease.delivery, second.attempts), (second.lease.delivery, 0));
    assert_ne!(first.lease.token, second.lease.token);
    let late = settle(store, &first, 200, Next::Delivered, Effect::Works, LEASE + 2).await;
    assert_eq!(late, Settled::LeaseLost);
    assert_eq!(store.extend(vec![first.lease, second.lease], at(3 * LEASE)).await.unwrap(), [first.lease]);
    assert!(claim(store, 10, 3 * LEASE).await.is_empty(), "it was extended");
    let done = settle(store, &second, 500, Next::Retry(at(100)), Effect::Fails, 3).await;
    assert_eq!(done, Settled::Done);
    let again = settle(store, &second, 200, Next::Delivered, Effect::Works, 4).await;
    assert_eq!(again, Settled::LeaseLost, "a settlement counts once");
    let forged = Lease { token: 0, ..second.lease };
    assert_eq!(store.extend(vec![forged], at(0)).await.unwrap(), [forged]);
    assert_eq!(log(store, LogQuery { event: Some(second.event.id), ..LogQuery::default() }).await.len(), 1);
}

/// A delivery that takes its worker down again and again is set aside, and its attempts are not used up by that.
pub async fn sets_poison_aside(store: &impl Store) {
    add(store, "e", settings()).await;
    store.enqueue(vec![event("Other")], at(0)).await.unwrap();
    for crash in 0..i64::from(MAX_CRASHES) {
        let claims = claim(store, 10, crash * (LEASE + 1)).await;
        assert_eq!(claims.iter().map(|claim| claim.attempts).collect::<Vec<_>>(), [0], "crash {crash}");
    }
    assert!(claim(store, 10, 100 * LEASE).await.is_empty());
    assert_eq!(counts(store).await, [0, 0, 1, 1]);
    let failed = log(store, LogQuery { only_failed: true, ..LogQuery::default() }).await;
    assert_eq!(failed, [(1, false, None, Some(Failure::WorkerLost))]);
}

/// A retry comes at its time, and the log has every attempt with what was answered.
pub async fn retries_and_logs(store: &impl Store) {
    add(store, "e", settings()).await;
    store.enqueue(vec![event("Other")], at(0)).await.unwrap();
    assert_eq!(store.next_due().await.unwrap(), Some(at(0)));
    let first = claim(store, 10, 0).await.remove(0);
    assert_eq!(store.next_due().await.unwrap(), None);
    settle(store, &first, 500, Next::Retry(at(5000)), Effect::Fails, 1).await;
    assert_eq!(store.next_due().await.unwrap(), Some(at(5000)));
    assert!(claim(store, 10, 4999).await.is_empty());
    let second = claim(store, 10, 5000).await.remove(0);
    assert_eq!((second.attempts, second.is_manual), (1, false));
    settle(store, &second, 204, Next::Delivered, Effect::Works, 5000).await;
    let lines = store.log(LogQuery { limit: 2, ..LogQuery::default() }).await.unwrap();
    let expected = AttemptRecord {
        number: 2,
        is_manual: false,
        started: at(5000),
        version: Some(SERVER),
        answer: Answer { status: Some(204), body: b"said".to_vec(), elapsed_ms: 7, ..Answer::default() },
    };
    assert_eq!(lines[0].attempt, expected);
    assert_eq!((lines[0].kind.as_str(), lines[0].state, lines[1].attempt.number), ("Other", "delivered", 1));
    assert_eq!(
        log(store, LogQuery { endpoint: Some("e".into()), only_failed: true, ..LogQuery::default() }).await.len(),
        1
    );
    assert!(log(store, LogQuery { endpoint: Some("other".into()), ..LogQuery::default() }).await.is_empty());
}

/// Dead deliveries stay, and come again when somebody asks: once, whatever the endpoint's state is.
pub async fn retries_by_hand(store: &impl Store) {
    add(store, "a", settings()).await;
    add(store, "b", settings()).await;
    store.enqueue(vec![event("One")], at(10)).await.unwrap();
    store.enqueue(vec![event("Two")], at(20)).await.unwrap();
    for claim in claim(store, 10, 20).await {
        settle(store, &claim, 500, Next::Dead, Effect::Fails, 20).await;
    }
    assert_eq!(counts(store).await, [0, 0, 2, 4]);
    store.change_endpoint("a".into(), Change::State(State::Disabled(Reason::ByHand))).await.unwrap();
    let dead_of_a = Selection::Dead { endpoint: Some("a".into()) };
    assert_eq!(store.retry(dead_of_a.clone(), at(30)).await.unwrap(), 2);
    assert_eq!(store.retry(dead_of_a, at(30)).await.unwrap(), 0);
    assert!(claim(store, 10, 1019).await.is_empty(), "a second after the attempt before: no two share a timestamp");
    let claims = claim(store, 10, 1020).await;
    assert!(claims.iter().all(|claim| claim.is_manual && claim.attempts == 1 && claim.endpoint.id == "a"));
    assert_eq!(claims.len(), 2);
    settle(store, &claims[0], 200, Next::Delivered, Effect::None, 1020).await;
    settle(store, &claims[1], 500, Next::Dead, Effect::None, 1020).await;
    let range = Selection::Range { from: at(11), until: at(20), endpoint: Some("b".into()) };
    assert_eq!(store.retry(range, at(2000)).await.unwrap(), 1);
    assert_eq!(kinds(&claim(store, 10, 2000).await), ["Two"]);
    let one = Selection::One(claims[0].lease.delivery);
    assert_eq!(store.retry(one, at(3000)).await.unwrap(), 1, "a delivered one can be sent again");
    assert_eq!(store.retry(Selection::One(-1), at(0)).await.unwrap(), 0);
    assert_eq!(store.retry(Selection::Dead { endpoint: None }, at(9000)).await.unwrap(), 2);
}

/// Forgets what was delivered everywhere before a moment, with its log and its key, and nothing else.
pub async fn forgets(store: &impl Store) {
    add(store, "a", settings()).await;
    add(store, "b", settings().kinds(&["Both", "Half"])).await;
    let ends = async |name: &str, kind: &str, ends: [Next; 2]| {
        store.enqueue(vec![event(kind).id(name).idempotency_key(&format!("key-{name}"))], at(10)).await.unwrap();
        let claims = claim(store, 10, 10).await;
        for claim in claims {
            let next = ends[usize::from(claim.endpoint.id == "b")];
            settle(store, &claim, 200, next, Effect::None, 20).await;
        }
    };
    ends("delivered", "Both", [Next::Delivered; 2]).await;
    ends("dead", "Both", [Next::Delivered, Next::Dead]).await;
    ends("retried", "Half", [Next::Delivered, Next::Retry(at(30))]).await;
    ends("late", "Other", [Next::Delivered; 2]).await;
    let held = claim(store, 10, 30).await.remove(0);
    store.change_endpoint("a".into(), Change::State(State::Disabled(Reason::ByHand))).await.unwrap();
    store.enqueue(vec![event("Other").id("nobody's")], at(10)).await.unwrap();
    store.change_endpoint("a".into(), Change::State(State::Enabled)).await.unwrap();
    store.enqueue(vec![event("Other").id("new")], at(40)).await.unwrap();
    let prune = async |before, with_dead| {
        let (mut events, mut next) = (0, Some(0));
        while let Some(after) = next {
            let (some, then) = store.prune(Prune { before: at(before), with_dead }, after).await.unwrap();
            events += some;
            next = then;
        }
        events
    };
    let kept = async || {
        let lines = store.log(LogQuery { limit: 100, ..LogQuery::default() }).await.unwrap();
        let mut ids: Vec<String> =
            lines.into_iter().filter(|line| line.kind != "Ping").map(|line| line.event).collect();
        ids.dedup();
        ids.join(" ")
    };
    assert_eq!(prune(0, true).await, 0, "the Pings ended then, and not before");
    assert_eq!(
        prune(11, true).await,
        3,
        "two Pings, and the event that went to nobody; the others came in, but had not ended"
    );
    assert_eq!(prune(20, true).await, 0);
    assert_eq!((kept().await.as_str(), counts(store).await), ("late retried dead delivered", [1, 1, 5, 1]));
    assert_eq!(prune(21, false).await, 2);
    assert_eq!((kept().await.as_str(), counts(store).await), ("retried dead", [1, 1, 2, 1]));
    assert_eq!(prune(21, true).await, 1);
    assert_eq!((kept().await.as_str(), counts(store).await), ("retried", [1, 1, 1, 0]));
    let again =
        store.enqueue(vec![event("Other").id("delivered").idempotency_key("key-delivered")], at(50)).await.unwrap();
    assert!(again[0].is_new, "its key is forgotten too");
    let settled = settle(store, &held, 200, Next::Delivered, Effect::None, 60).await;
    assert_eq!(settled, Settled::Done, "what was under way was left alone");
    assert_eq!(prune(70, true).await, 1, "what was under way came in before and has ended now; what waits stays");
    assert_eq!(counts(store).await, [2, 0, 0, 0]);
    let many = (0..1200).map(|_| event("Nowhere")).collect();
    store.change_endpoint("a".into(), Change::State(State::Disabled(Reason::ByHand))).await.unwrap();
    store.enqueue(many, at(80)).await.unwrap();
    store.change_endpoint("a".into(), Change::State(State::Enabled)).await.unwrap();
    store.enqueue(vec![event("Other")], at(90)).await.unwrap();
    let first = store.prune(Prune { before: at(85), with_dead: false }, 0).await.unwrap();
    assert!(first.0 < 1200 && first.1.is_some(), "a step is short: {first:?}");
    assert_eq!(first.0 + prune(85, false).await, 1200);
    assert_eq!(prune(85, false).await, 0);
}

/// 410 disables at once; failures disable after days and a number of them; what waits goes on waiting.
pub async fn disables(store: &impl Store) {
    const DAY: i64 = 86_400_000;
    let state = async |id: &str| {
        let endpoints = store.endpoints().await.unwrap();
        endpoints.iter().find(|endpoint| endpoint.id == id).unwrap().state
    };
    add(store, "gone", settings()).await;
    store.enqueue(vec![event("Other"), event("Other")], at(0)).await.unwrap();
    let claims = claim(store, 1, 0).await;
    settle(store, &claims[0], 410, Next::Dead, Effect::Gone, 0).await;
    assert_eq!(state("gone").await, State::Disabled(Reason::Gone));
    assert!(claim(store, 10, DAY).await.is_empty());
    assert_eq!(counts(store).await, [1, 0, 1, 1]);

    add(store, "failing", settings()).await;
    store.enqueue(vec![event("Other")], at(0)).await.unwrap();
    for failure in 0..10 {
        assert_eq!(state("failing").await, State::Enabled, "failure {failure}");
        let now = failure * DAY;
        let claim = claim(store, 10, now).await.remove(0);
        settle(store, &claim, 500, Next::Retry(at(now + DAY)), Effect::Fails, now).await;
    }
    assert_eq!(state("failing").await, State::Disabled(Reason::Failing));
    let health = store.health(at(0)).await.unwrap();
    let failing = health.iter().find(|health| health.endpoint.id == "failing").unwrap();
    assert_eq!((failing.failures, failing.failing_since, failing.waiting), (10, Some(at(0)), 1));

    store.change_endpoint("failing".into(), Change::State(State::Enabled)).await.unwrap();
    let claim = claim(store, 10, 20 * DAY).await.remove(0);
    settle(store, &claim, 500, Next::Retry(at(21 * DAY)), Effect::Fails, 20 * DAY).await;
    assert_eq!(state("failing").await, State::Enabled, "enabling makes the record new");
}

/// One success ends a row of failures.
pub async fn recovers(store: &impl Store) {
    add(store, "e", settings()).await;
    for (status, effect, failures, since) in
        [(500, Effect::Fails, 1, Some(at(0))), (500, Effect::Fails, 2, Some(at(0))), (200, Effect::Works, 0, None)]
    {
        store.enqueue(vec![event("Other")], at(0)).await.unwrap();
        let claim = claim(store, 1, 0).await.remove(0);
        settle(store, &claim, status, Next::Dead, effect, 0).await;
        let health = store.health(at(0)).await.unwrap().remove(0);
        assert_eq!((health.failures, health.failing_since), (failures, since));
    }
    let health = store.health(at(0)).await.unwrap().remove(0);
    assert_eq!((health.attempts, health.delivered, health.p50_ms, health.p99_ms), (4, 2, 7, 7));
    assert_eq!(store.health(at(1)).await.unwrap()[0].attempts, 0);
}

/// No endpoint has more under way than it may, and none keeps the others from their turn.
pub async fn shares(store: &impl Store) {
    add(store, "busy", settings().max_in_flight(4)).await;
    for id in ["b", "c", "d"] {
        add(store, id, settings().kinds(&["Rare"])).await;
    }
    store.enqueue((0..50).map(|_| event("Often")).collect(), at(0)).await.unwrap();
    store.enqueue(vec![event("Rare")], at(1)).await.unwrap();
    let claims = claim(store, 6, 1).await;
    let ids: HashSet<&str> = claims.iter().map(|claim| claim.endpoint.id.as_str()).collect();
    assert_eq!(ids, HashSet::from(["busy", "b", "c", "d"]), "each has its turn, though `busy` alone could fill it");
    assert_eq!(claims.len(), 6);
    let more = claim(store, 100, 1).await;
    assert_eq!(claims.iter().chain(&more).filter(|claim| claim.endpoint.id == "busy").count(), 4);
}

/// However many first attempts wait, retries get their share, and the other way round.
pub async fn lanes_do_not_starve_each_other(store: &impl Store) {
    add(store, "e", settings().max_in_flight(1000)).await;
    store.enqueue((0..40).map(|_| event("Old")).collect(), at(0)).await.unwrap();
    for claim in claim(store, 40, 0).await {
        settle(store, &claim, 500, Next::Retry(at(10)), Effect::None, 0).await;
    }
    store.enqueue((0..40).map(|_| event("New")).collect(), at(5)).await.unwrap();
    let claims = claim(store, 16, 10).await;
    assert_eq!(claims.iter().filter(|claim| claim.attempts == 1).count(), 4);
    assert_eq!(claims.iter().filter(|claim| claim.attempts == 0).count(), 12);
    let mut singles = Vec::new();
    for _turn in 0..8 {
        singles.extend(claim(store, 1, 10).await);
    }
    assert_eq!(singles.iter().filter(|claim| claim.attempts == 1).count(), 2, "also one at a time");
}

/// Also within the room of one endpoint: retries that could fill it leave three quarters to first attempts.
pub async fn lanes_share_an_endpoint(store: &impl Store) {
    add(store, "e", settings().max_in_flight(8)).await;
    store.enqueue((0..8).map(|_| event("Old")).collect(), at(0)).await.unwrap();
    for claim in claim(store, 8, 0).await {
        settle(store, &claim, 500, Next::Retry(at(10)), Effect::None, 0).await;
    }
    store.enqueue((0..20).map(|_| event("New")).collect(), at(5)).await.unwrap();
    let claims = claim(store, 512, 10).await;
    assert_eq!(claims.iter().filter(|claim| claim.attempts == 1).count(), 2);
    assert_eq!(claims.len(), 8);
}

/// A new secret signs beside the old one until the overlap ends.
pub async fn rotates(store: &impl Store) {
    add(store, "e", settings()).await;
    let valid = async |ms| {
        let endpoints = store.endpoints().await.unwrap();
        endpoints[0].keys().valid(at(ms)).map(|key| key.id().to_owned()).collect::<Vec<_>>().join(",")
    };
    let rotate =
        |secret: &str, now, until| Change::Rotate { secret: secret.into(), now: at(now), overlap_until: at(until) };
    store.change_endpoint("e".into(), rotate("a second secret of length", 100, 200)).await.unwrap();
    store.change_endpoint("e".into(), rotate("a third secret of some length", 150, 1000)).await.unwrap();
    assert_eq!((valid(150).await, valid(201).await, valid(1001).await), ("1,2,3".into(), "2,3".into(), "3".into()));
    for number in 4..=16 {
        store.change_endpoint("e".into(), rotate(&format!("secret of number {number}"), 150, 9000)).await.unwrap();
    }
    let many = store.change_endpoint("e".into(), rotate("one secret too many", 150, 9000)).await.unwrap_err();
    assert_eq!(many.to_string(), "key ring has 17 keys, allowed 16");
    let shown = format!("{:?} {:?}", store.endpoints().await.unwrap(), rotate("one secret too many", 0, 0));
    assert!(!shown.contains("horse") && !shown.contains("too many"), "{shown}");
    let unknown = store.change_endpoint("x".into(), rotate("a fourth secret", 0, 0)).await.unwrap_err();
    assert_eq!(unknown, SendError::EndpointUnknown { id: "x".into() });
    let exists = store.add_endpoint(endpoint("e", settings()), SERVER, at(0)).await.unwrap_err();
    assert_eq!(exists, SendError::EndpointExists { id: "e".into() });
    let ping = store.enqueue_manual(event("Ping"), "x".into(), at(0)).await.unwrap_err();
    assert_eq!(ping.code(), "endpoint_unknown");
}

/// Many workers at once: each delivery goes to one of them.
pub async fn hands_out_once(store: &(impl Store + Clone)) {
    add(store, "e", settings().max_in_flight(10_000)).await;
    store.enqueue((0..400).map(|_| event("Other")).collect(), at(0)).await.unwrap();
    let workers = (0..16).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut mine = Vec::new();
            loop {
                let claims = claim(&store, 7, 0).await;
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
