//! What every store must do, run on an empty one.

mod ended;
mod endpoints;
mod fairness;
mod intake;
mod lease;
mod notices;
mod recovery;
mod retention;
mod tenants;

use std::time::Duration;

use mambo_webhooks::send::store::{Capacity, Claim, Claimed, DeliveryCounts, Effect, Next, Settled, Settlement};
use mambo_webhooks::send::{
    AddressPolicy, AttemptRecord, AttemptResponse, DisableRule, Endpoint, EndpointKey, EndpointSettings, Enqueued,
    Failure, LogQuery, NewEvent, State, Store, Tenant,
};
use mambo_webhooks::{UnixMillis, Version};

pub use ended::*;
pub use endpoints::*;
pub use fairness::*;
pub use intake::*;
pub use lease::*;
pub use notices::*;
pub use recovery::*;
pub use retention::*;
pub use tenants::*;

pub const SECRET: &str = "correct horse battery staple";
pub const SERVER: Version = Version::new(9, 0, 0);
const T: i64 = 1_700_000_000_000;
const LEASE: i64 = 45_000;
const NOTHING: Capacity = Capacity { deliveries: 0, slow: 0, bytes: 0 };

/// Calls a macro with the names of the tests that every store has to pass.
macro_rules! laws {
    ($with:ident) => {
        $with! {
            an_event_goes_to_every_enabled_endpoint_that_takes_its_type
            a_batch_is_taken_whole_and_each_key_and_id_once
            a_lease_that_ended_settles_nothing
            a_delivery_that_takes_its_worker_down_again_and_again_is_dead
            a_retry_comes_at_its_time_and_every_attempt_is_logged
            ended_deliveries_are_tried_once_more_when_asked
            pruning_forgets_what_ended_before_the_time_and_nothing_else
            an_endpoint_that_is_gone_or_only_fails_is_disabled
            one_success_ends_a_row_of_failures
            no_endpoint_exceeds_its_limit_or_keeps_others_waiting
            first_attempts_and_retries_do_not_starve_each_other
            retries_leave_three_quarters_of_an_endpoint_to_first_attempts
            a_new_secret_signs_first_and_the_old_one_until_the_overlap_ends
            many_workers_claim_each_delivery_once
            a_replay_is_a_separate_delivery
            the_manual_lane_has_a_share_and_not_the_right_of_way
            a_rate_limit_is_applied_before_a_claim
            timeouts_open_the_breaker_and_an_answer_closes_it
            concurrency_grows_with_answers
            a_claim_keeps_to_the_worker_s_capacity
            a_claim_that_was_not_attempted_can_be_released
            a_removed_endpoint_gets_nothing_more
            an_unreadable_endpoint_stops_nothing_else
            tenants_have_ids_and_keys_of_their_own
            no_event_reaches_or_is_seen_by_another_tenant
            tenants_share_a_claim_before_their_endpoints_do
            a_tenant_keeps_to_its_limits_over_all_of_its_endpoints
            a_subscription_may_be_the_beginning_of_a_type
            a_change_of_settings_keeps_the_rest_and_the_secrets
            an_endpoint_that_leaves_gets_what_waits_and_nothing_new
            what_waits_can_be_cancelled
            missed_and_dead_events_are_recovered_with_the_whole_schedule
            retention_forgets_each_tenant_s_events_and_log_in_its_time
            notices_say_what_happened_and_reach_the_operator
            notices_of_one_settlement_come_in_order
        }
    };
}
pub(crate) use laws;

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

/// The key of an endpoint of the default tenant.
pub fn key(id: &str) -> EndpointKey {
    Tenant::default().endpoint(id)
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

/// Adds an endpoint of a tenant as [`add`] does one of the default tenant.
async fn add_of(on: &impl Clocked, tenant: &Tenant, id: &str, settings: EndpointSettings) {
    on.set(at(0)).await;
    on.store().add_endpoint(endpoint(id, settings).of_tenant(tenant.clone()), SERVER).await.unwrap();
    let claims = claim(on, 10, 0).await;
    assert_eq!(event_types(&claims), ["Ping"]);
    settle(on, &claims[0], 204, Next::Delivered, Effect::None, 0).await;
    on.warm().await;
}

/// The tenant of that name.
fn tenant(name: &str) -> Tenant {
    Tenant::new(name).unwrap()
}

async fn claimed(on: &impl Clocked, capacity: Capacity, now: i64) -> Claimed {
    on.set(at(now)).await;
    on.store().reclaim_expired(SERVER).await.unwrap();
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
    Settlement { lease: claim.lease, endpoint: claim.endpoint.key(), attempt, next, effect }
}

async fn settle(on: &impl Clocked, claim: &Claim, status: u16, next: Next, effect: Effect, now: i64) -> Settled {
    on.set(at(now)).await;
    let settlement = settlement(claim, status, next, effect, now);
    on.store().settle([settlement].into(), DisableRule::default(), SERVER).await.unwrap().settled[0]
}

async fn enqueue(on: &impl Clocked, events: Vec<NewEvent>, now: i64) -> Vec<Enqueued> {
    on.set(at(now)).await;
    on.store().enqueue(Tenant::default(), events).await.unwrap()
}

async fn counts(store: &impl Store) -> [u64; 4] {
    let counts = store.counts(None).await.unwrap();
    let DeliveryCounts { leased, delivered, dead, .. } = counts;
    [counts.waiting(), leased, delivered, dead]
}

async fn log(store: &impl Store, query: LogQuery) -> Vec<(u32, bool, Option<u16>, Option<Failure>)> {
    let lines = store.log(query.limit(100)).await.unwrap();
    let row = |record: &AttemptRecord| (record.number, record.is_manual, record.answer.status, record.answer.failure);
    lines.iter().map(|line| row(&line.attempt)).collect()
}
