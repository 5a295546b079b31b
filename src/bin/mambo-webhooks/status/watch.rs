//! The reader that keeps the history: the attempts of all workers from the log, and samples of the backlog.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use mambo_webhooks::send::{SendError, Store};
use tokio::time::Instant;

use super::shared::{REST, Shared};

/// The attempts that a history begins with, at most.
const BACKFILL: u32 = 50_000;
/// The attempts of one read, at most.
const PAGE: u32 = 5_000;
const PAUSE: Duration = Duration::from_secs(5);

/// Reads again and again, until the process ends. A store that fails is asked again after a pause.
pub async fn watch<S: Store>(shared: Arc<Shared<S>>) {
    let mut after = -1;
    loop {
        let began = Instant::now();
        let read = read(&shared, &mut after).await;
        let rest = began.elapsed().saturating_mul(REST);
        // A full page has more behind it.
        let is_behind = read.is_ok_and(|count| u32::try_from(count).is_ok_and(|count| count == PAGE));
        tokio::time::sleep(if is_behind { rest } else { rest.max(PAUSE) }).await;
    }
}

/// Reads what is new, and returns the number of attempts.
async fn read<S: Store>(shared: &Shared<S>, after: &mut i64) -> Result<usize, SendError> {
    let store = shared.sender.store();
    let now = store.now().await?.0;
    let timings = store.timings(*after, if *after < 0 { BACKFILL } else { PAGE }).await?;
    *after = timings.last().map_or(*after, |last| last.id);
    let history = || shared.history.lock().unwrap_or_else(PoisonError::into_inner);
    history().take(&timings, now, shared.tenant.as_ref());
    let counts = store.counts(shared.tenant.clone()).await?;
    history().sample(None, now, counts);
    // With one tenant, that is all there is.
    let tenants = if shared.tenant.is_some() { Vec::new() } else { history().tenants() };
    for tenant in tenants {
        let counts = store.counts(Some(tenant.clone())).await?;
        history().sample(Some(&tenant), now, counts);
    }
    Ok(timings.len())
}
