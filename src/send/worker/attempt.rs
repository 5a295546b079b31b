//! One attempt: rendered, signed and posted, and what becomes of its delivery.

use alloc::string::ToString;
use alloc::sync::Arc;
use core::time::Duration;

use tokio::time::Instant;
use tracing::{Instrument, info, info_span};

use super::metrics::Metrics;
use crate::render::{OutboundEvent, Renderer};
use crate::send::clock::milliseconds;
use crate::send::http::post::Poster;
use crate::send::http::trace::traceparent;
use crate::send::outcome::{AttemptRecord, AttemptResponse, Failure, classify};
use crate::send::schedule::Schedule;
use crate::send::store::{Claim, Settlement};
use crate::time::UnixMillis;

/// What every attempt needs.
#[derive(Debug)]
pub(super) struct AttemptContext {
    pub renderer: Arc<Renderer>,
    pub poster: Poster,
    pub schedule: Schedule,
    pub metrics: Arc<Metrics>,
}

/// The store's clock, carried forward from a claim.
#[derive(Clone, Copy, Debug)]
pub(super) struct StoreClock {
    pub claimed: UnixMillis,
    pub at: Instant,
}

impl StoreClock {
    fn now(self) -> UnixMillis {
        let since = i64::try_from(self.at.elapsed().as_millis()).unwrap_or(i64::MAX);
        UnixMillis(self.claimed.0.saturating_add(since))
    }
}

impl AttemptContext {
    /// Renders a claim for its endpoint, posts it, and says how that ended.
    pub(super) async fn attempt(self: Arc<Self>, claim: Claim, clock: StoreClock) -> Settlement {
        let Claim { lease, endpoint, event, attempts, attempts_before, is_manual, .. } = claim;
        let number = attempts.saturating_add(1);
        let started = clock.now();
        let traceparent = traceparent(&event, lease.delivery, number, started);
        let span = info_span!(
            "attempt",
            delivery = lease.delivery,
            event = event.id,
            tenant = endpoint.tenant.as_str(),
            endpoint = endpoint.id,
            number,
            server = endpoint.url().host_str(),
            port = endpoint.url().port_or_known_default(),
            traceparent,
            caller = event.traceparent
        );
        let outbound = OutboundEvent {
            event_type: &event.event_type,
            id: Some(&event.id),
            time: event.time.as_deref(),
            version: event.version,
            data: &event.data,
        };
        let rendered = event.unopened.as_ref().map_or_else(
            || {
                let rendered = self.renderer.render(&outbound, endpoint.version_policy(), endpoint.keys(), started);
                rendered.map_err(|error| error.to_string())
            },
            |error| Err(error.to_string()),
        );
        #[cfg(feature = "failpoints")]
        crate::send::failpoint::hit("after_render");
        let (version, answer) = match rendered {
            Ok(outgoing) => {
                let version = outgoing.version;
                let answer = self.poster.post(&endpoint, outgoing, &traceparent).instrument(span.clone()).await;
                (Some(version), answer)
            }
            // The sentence is the core's, which holds neither secret nor payload.
            Err(error) => (
                None,
                AttemptResponse {
                    body: error.into(),
                    ..AttemptResponse::without_response(Failure::RenderFailed, Duration::ZERO)
                },
            ),
        };
        #[cfg(feature = "failpoints")]
        crate::send::failpoint::hit("after_answer");
        self.metrics.attempt(&endpoint.tenant, &answer);
        let (next, effect) = classify(
            &answer,
            number.saturating_sub(attempts_before),
            is_manual,
            &self.schedule,
            fastrand::u32(..=1000),
        );
        span.in_scope(|| {
            let failure = answer.failure.map(Failure::as_str);
            info!(status = answer.status, failure, elapsed_ms = milliseconds(answer.elapsed), ?next, "attempt ended");
        });
        let attempt = AttemptRecord { number, is_manual, started, version, answer };
        Settlement { lease, endpoint: endpoint.key(), attempt, next, effect }
    }
}
