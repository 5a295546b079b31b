//! One attempt: rendered, signed and posted, and what becomes of its delivery.

use alloc::string::ToString;
use alloc::sync::Arc;

use governor::DefaultDirectRateLimiter;
use tracing::{Instrument, info, info_span};

use super::meter::Meter;
use super::outcome::{Answer, AttemptRecord, Failure, judge};
use super::post::Poster;
use super::schedule::Schedule;
use super::store::{Claim, Settlement, Store};
use super::trace::traceparent;
use crate::render::{Outbound, Renderer};

/// What every attempt needs.
#[derive(Debug)]
pub(super) struct Crew<S> {
    pub store: Arc<S>,
    pub renderer: Arc<Renderer>,
    pub poster: Poster,
    pub schedule: Schedule,
    pub meter: Arc<Meter>,
}

impl<S: Store> Crew<S> {
    /// Renders a claim for its endpoint, posts it, and says how that ended.
    pub(super) async fn attempt(
        self: Arc<Self>,
        claim: Claim,
        limit: Option<Arc<DefaultDirectRateLimiter>>,
    ) -> Settlement {
        if let Some(limit) = limit {
            limit.until_ready().await;
        }
        let Claim { lease, endpoint, event, attempts, is_manual } = claim;
        let number = attempts.saturating_add(1);
        let traceparent = traceparent(&event.id, lease.delivery, number);
        let span = info_span!(
            "attempt",
            delivery = lease.delivery,
            event = event.id,
            endpoint = endpoint.id,
            number,
            traceparent
        );
        let started = self.store.now();
        let outbound = Outbound {
            kind: &event.kind,
            id: Some(&event.id),
            time: event.time.as_deref(),
            version: event.version,
            data: &event.data,
        };
        let rendered = self.renderer.render(&outbound, endpoint.policy(), endpoint.keys(), started);
        #[cfg(feature = "failpoints")]
        super::failpoint::hit("after_render");
        let (version, answer) = match rendered {
            Ok(outgoing) => {
                let answer = self.poster.post(&endpoint, &outgoing, &traceparent).instrument(span.clone()).await;
                (Some(outgoing.version), answer)
            }
            // The sentence is the core's, which holds neither secret nor payload.
            Err(error) => (None, Answer { body: error.to_string().into(), ..Answer::failed(Failure::RenderFailed, 0) }),
        };
        #[cfg(feature = "failpoints")]
        super::failpoint::hit("after_answer");
        self.meter.attempt(&answer);
        let (next, effect) =
            judge(&answer, number, is_manual, &self.schedule, fastrand::u32(..=1000), self.store.now());
        span.in_scope(|| {
            let failure = answer.failure.map(Failure::as_str);
            info!(status = answer.status, failure, elapsed_ms = answer.elapsed_ms, ?next, "attempt ended");
        });
        let attempt = AttemptRecord { number, is_manual, started, version, answer };
        Settlement { lease, endpoint: endpoint.id.clone(), attempt, next, effect }
    }
}
