//! What an operator wants to be told: endpoints that were disabled, breakers, dead deliveries, a store that fails.

use alloc::string::String;
use core::time::Duration;

use serde_json::{Value, json};

use super::event::NewEvent;
use super::state::DisableReason;
use super::tenant::{EndpointKey, Tenant};
use crate::time::UnixMillis;
use crate::version::Version;

/// Something that happened while deliveries went out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// An endpoint was disabled: it is gone, or has only failed for days.
    EndpointDisabled {
        /// The endpoint.
        endpoint: EndpointKey,
        /// Why.
        reason: DisableReason,
    },
    /// An endpoint's circuit breaker opened.
    BreakerOpened {
        /// The endpoint.
        endpoint: EndpointKey,
        /// When the first probe goes out.
        until: UnixMillis,
    },
    /// An endpoint's circuit breaker closed.
    BreakerClosed {
        /// The endpoint.
        endpoint: EndpointKey,
    },
    /// A delivery is dead: it is not tried again until a caller asks.
    DeliveryDead {
        /// The endpoint.
        endpoint: EndpointKey,
        /// The delivery.
        delivery: i64,
        /// The event's id.
        event: String,
        /// The event's type.
        event_type: String,
    },
    /// The store does not answer, or refuses. Told once until it is back.
    StoreFailing {
        /// The error's code.
        code: &'static str,
    },
    /// The store answers again.
    StoreBack {
        /// How long it did not.
        after: Duration,
    },
    /// Retention forgot something.
    Forgot {
        /// Events, with their payloads and deliveries.
        events: u64,
        /// Lines of the log of events that stay.
        attempts: u64,
    },
}

/// Is told of notices by a worker. It must not block: deliveries wait for it.
pub trait Observer: Send + Sync + 'static {
    /// Takes a notice. A crash may lose it; the events of the tenant `operator` are not lost.
    fn observe(&self, notice: &Notice);
}

impl<F: Fn(&Notice) + Send + Sync + 'static> Observer for F {
    fn observe(&self, notice: &Notice) {
        self(notice);
    }
}

impl Notice {
    /// The names of all notices.
    pub(crate) const NAMES: [&'static str; 7] = [
        "endpoint_disabled",
        "breaker_opened",
        "breaker_closed",
        "delivery_dead",
        "store_failing",
        "store_back",
        "forgot",
    ];

    /// The stable name, as in logs and in the metric of notices.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::EndpointDisabled { .. } => "endpoint_disabled",
            Self::BreakerOpened { .. } => "breaker_opened",
            Self::BreakerClosed { .. } => "breaker_closed",
            Self::DeliveryDead { .. } => "delivery_dead",
            Self::StoreFailing { .. } => "store_failing",
            Self::StoreBack { .. } => "store_back",
            Self::Forgot { .. } => "forgot",
        }
    }

    /// The endpoint that it is about.
    #[must_use]
    pub const fn endpoint(&self) -> Option<&EndpointKey> {
        match self {
            Self::EndpointDisabled { endpoint, .. }
            | Self::BreakerOpened { endpoint, .. }
            | Self::BreakerClosed { endpoint }
            | Self::DeliveryDead { endpoint, .. } => Some(endpoint),
            Self::StoreFailing { .. } | Self::StoreBack { .. } | Self::Forgot { .. } => None,
        }
    }

    /// The data of the operator's event, as `mambo_notices` of PostgreSQL writes it too.
    fn data(&self) -> Value {
        match self {
            Self::EndpointDisabled { endpoint, reason } => {
                json!({ "tenant": endpoint.tenant().as_str(), "endpoint": endpoint.id(), "reason": reason.as_str() })
            }
            Self::BreakerOpened { endpoint, until } => {
                json!({ "tenant": endpoint.tenant().as_str(), "endpoint": endpoint.id(), "untilMs": until.0 })
            }
            Self::BreakerClosed { endpoint } => {
                json!({ "tenant": endpoint.tenant().as_str(), "endpoint": endpoint.id() })
            }
            Self::DeliveryDead { endpoint, delivery, event, event_type } => json!({
                "tenant": endpoint.tenant().as_str(), "endpoint": endpoint.id(),
                "delivery": delivery, "event": event, "eventType": event_type
            }),
            Self::StoreFailing { code } => json!({ "code": code }),
            Self::StoreBack { after } => json!({ "afterMs": super::clock::milliseconds(*after) }),
            Self::Forgot { events, attempts } => json!({ "events": events, "attempts": attempts }),
        }
    }

    /// The event that the operator's endpoints get; `None` for what happens to those endpoints themselves, since an event
    /// about each event would never end.
    pub(crate) fn to_event(&self, server: Version) -> Option<NewEvent> {
        if self.endpoint().is_some_and(|endpoint| endpoint.tenant() == Tenant::operator()) {
            return None;
        }
        let event_type = ["operator.", self.as_str()].concat();
        NewEvent::new(&event_type, server, &alloc::format!("{}", self.data())).ok()
    }
}
