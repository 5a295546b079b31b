//! Which endpoints are in trouble, and in which order the page shows them.

use std::cmp::Reverse;
use std::time::Duration;

use mambo_webhooks::send::BreakerState;
use mambo_webhooks::send::store::EndpointHealth;

use crate::show;

/// Waiting deliveries of an endpoint from which on it has a backlog.
const BACKLOG: u64 = 100;
/// The 99th percentile from which on an endpoint is slow.
const SLOW: Duration = Duration::from_secs(5);

/// What is wrong with an endpoint, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// The worker disabled it.
    Disabled,
    /// The endpoint's circuit breaker is open or probing.
    Breaker,
    /// The endpoint's settings cannot be read.
    Unreadable,
    /// Every attempt since the last success failed.
    Failing,
    /// A person disabled it. That is no fault.
    Paused,
    /// Many deliveries wait.
    Backlog,
    /// The endpoint's answers take long.
    Slow,
}

impl Trouble {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Breaker => "breaker",
            Self::Unreadable => "unreadable",
            Self::Failing => "failing",
            Self::Paused => "paused",
            Self::Backlog => "backlog",
            Self::Slow => "slow",
        }
    }

    /// Whether an operator has to look at it.
    pub const fn is_fault(self) -> bool {
        !matches!(self, Self::Paused)
    }

    /// What is wrong with this endpoint.
    pub fn of(health: &EndpointHealth) -> Option<Self> {
        match show::state(health) {
            "enabled" => {}
            "unreadable" => return Some(Self::Unreadable),
            "disabled" => return Some(Self::Paused),
            "leaving" => return None,
            _ => return Some(Self::Disabled),
        }
        if health.breaker != BreakerState::Closed {
            return Some(Self::Breaker);
        }
        if health.failures > 0 {
            return Some(Self::Failing);
        }
        if health.waiting >= BACKLOG {
            return Some(Self::Backlog);
        }
        (health.p99 >= SLOW).then_some(Self::Slow)
    }
}

/// Endpoints with their trouble: the worst first, and the greatest backlog first among those with the same.
pub fn sorted(all: Vec<EndpointHealth>) -> Vec<(Option<Trouble>, EndpointHealth)> {
    let mut all: Vec<_> = all.into_iter().map(|health| (Trouble::of(&health), health)).collect();
    all.sort_by(|(left_trouble, left), (right_trouble, right)| {
        let order = |trouble: Option<Trouble>, health: &EndpointHealth| {
            (trouble.is_none(), trouble, Reverse(health.waiting), Reverse(health.dead), Reverse(health.p99))
        };
        let ordered = order(*left_trouble, left).cmp(&order(*right_trouble, right));
        ordered.then_with(|| left.key.cmp(&right.key))
    });
    all
}
