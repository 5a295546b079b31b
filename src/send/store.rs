//! What keeps events until they are delivered: the trait [`Store`], what passes through it, and its two
//! implementations.

mod report;

mod contract;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod hot;

pub(crate) mod observed;

#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

#[cfg(feature = "postgres")]
pub(crate) mod postgres;

pub use contract::{
    ABANDON_STEP, Capacity, Claim, Claimed, EndpointChange, Enqueued, Lease, MAX_CRASHES_PER_DELIVERY, PRUNE_STEP,
    Prune, Selection, Settled, Settlement, Store, StoreFuture,
};
pub use report::{BreakerState, DeliveryCounts, DeliveryId, EndpointHealth, HEALTH_ATTEMPTS, LogLine, LogQuery};

pub use super::outcome::{Effect, Next};
