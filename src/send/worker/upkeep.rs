//! Retention: forgets what is older than it is kept, beside everything else that a worker does.

use alloc::sync::Arc;
use core::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use super::tell::Tell;
use crate::send::error::SendError;
use crate::send::notice::Notice;
use crate::send::retention::Retention;
use crate::send::store::{Retained, Store};

/// The pause after a pass that failed.
const PAUSE: Duration = Duration::from_secs(60);

/// A task that keeps a store small. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Upkeep(JoinHandle<()>);

impl Upkeep {
    pub(super) fn start<S: Store>(store: Arc<S>, retention: Retention, tell: Tell) -> Self {
        Self(tokio::spawn(async move {
            loop {
                let pause = match pass(&*store, retention, &tell).await {
                    Ok(pause) => pause,
                    Err(error) => {
                        warn!(code = error.code(), %error, "nothing could be forgotten");
                        tell.metrics.store_failed();
                        PAUSE
                    }
                };
                sleep(pause).await;
            }
        }))
    }
}

impl Drop for Upkeep {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Steps until there is nothing more to do; returns for how long.
async fn pass(store: &impl Store, retention: Retention, tell: &Tell) -> Result<Duration, SendError> {
    let (mut events, mut attempts) = (0_u64, 0_u64);
    let pause = loop {
        let began = Instant::now();
        let step: Retained = store.retain(retention).await?;
        events = events.saturating_add(step.events);
        attempts = attempts.saturating_add(step.attempts);
        if !step.next_in.is_zero() {
            break step.next_in;
        }
        // Half of the time is left to deliveries.
        sleep(began.elapsed()).await;
    };
    if events > 0 || attempts > 0 {
        info!(events, attempts, "forgot what was kept for long enough");
        tell.notice(&Notice::Forgot { events, attempts });
    }
    Ok(pause)
}
