//! Retention: what is kept how long, by tenant.

use std::time::Duration;

use mambo_webhooks::send::store::{Effect, Next};
use mambo_webhooks::send::{LogQuery, Retention, Store, Tenant, TenantSettings};

use super::{Clocked, add, add_of, at, claim, event, retry, settings, settle, tenant};

const DAY: i64 = 86_400_000;

fn days(days: u64) -> Duration {
    Duration::from_secs(days * 86_400)
}

/// Delivered events, dead ones and lines of the log go in their time, each tenant's in its own, and only what ended.
pub async fn retention_forgets_each_tenant_s_events_and_log_in_its_time(on: &impl Clocked) {
    let store = on.store();
    let short = tenant("short");
    add(on, "e", settings()).await;
    add_of(on, &short, "e", settings()).await;
    let own = Retention::default().delivered(days(1)).dead(days(2));
    store.set_tenant(short.clone(), TenantSettings::default().retention(own)).await.unwrap();
    for tenant in [&Tenant::default(), &short] {
        let events = ["delivered", "dead", "waits"].map(|id| event("Other").id(id)).into();
        on.set(at(0)).await;
        store.enqueue(tenant.clone(), events).await.unwrap();
        store.enqueue(tenant.clone(), vec![event("Other").id("later")]).await.unwrap();
    }
    for claim in claim(on, 10, 0).await {
        let next = match claim.event.id.as_str() {
            "delivered" | "later" => Next::Delivered,
            "dead" => Next::Dead,
            _ => retry(100 * DAY),
        };
        settle(on, &claim, if next == Next::Delivered { 200 } else { 500 }, next, Effect::None, 0).await;
    }
    let left = async |tenant: &Tenant| {
        let lines = store.log(LogQuery::default().tenant(tenant.clone()).limit(100)).await.unwrap();
        let mut ids: Vec<String> =
            lines.into_iter().map(|line| if line.event_type == "Ping" { "Ping".into() } else { line.event }).collect();
        ids.sort_unstable();
        ids.join(" ")
    };
    let retention = Retention::default().delivered(days(3)).dead(days(4)).log(days(6));
    // Passes begin ten minutes apart.
    let pass = async |day: i64, retention| {
        on.set(at(day * DAY + 1)).await;
        let mut sum = [0, 0];
        loop {
            let step = store.retain(retention).await.unwrap();
            sum = [sum[0] + step.events, sum[1] + step.attempts];
            if !step.next_in.is_zero() {
                assert!(step.next_in <= Duration::from_secs(600));
                return sum;
            }
        }
    };
    let all = "Ping dead delivered later waits";
    assert_eq!((pass(0, retention).await, left(&short).await.as_str()), ([0, 0], all));
    assert_eq!(pass(0, retention).await, [0, 0]);
    assert_eq!((pass(1, retention).await, left(&short).await.as_str()), ([3, 0], "dead waits"));
    assert_eq!(left(&Tenant::default()).await, all);
    assert_eq!((pass(2, retention).await, left(&short).await.as_str()), ([1, 0], "waits"));
    assert_eq!((pass(3, retention).await, left(&Tenant::default()).await.as_str()), ([3, 0], "dead waits"));
    assert_eq!((pass(4, retention).await, left(&Tenant::default()).await.as_str()), ([1, 0], "waits"));
    assert_eq!(pass(5, Retention::default()).await, [0, 0], "without a time nothing is forgotten");
    assert_eq!(pass(6, retention).await, [0, 2], "lines of the log, also of what waits");
    let counts = store.counts(None).await.unwrap();
    assert_eq!((counts.waiting(), counts.delivered, counts.dead), (2, 0, 0));
    let again = store.enqueue(short.clone(), vec![event("Other").id("delivered")]).await.unwrap();
    assert!(again[0].is_new, "its id is forgotten too");
}
