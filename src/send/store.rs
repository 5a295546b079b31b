//! What keeps events until they are delivered: the trait [`Store`], what passes through it, and its two
//! implementations.

mod report;

mod request;

mod contract;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod hot;

pub(crate) mod observed;

#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

#[cfg(feature = "postgres")]
pub(crate) mod postgres;

pub use contract::{
    ABANDON_STEP, CANCEL_STEP, Capacity, Claim, Claimed, Enqueued, Lease, MAX_CRASHES_PER_DELIVERY, PRUNE_STEP,
    RECOVER_STEP, Reclaimed, Retained, SEAL_STEP, SettleReport, Settled, Settlement, Store, StoreFuture,
};
pub use report::{
    AttemptTiming, BreakerState, DeliveryCounts, DeliveryId, EndpointHealth, HEALTH_ATTEMPTS, LogLine, LogQuery,
    SealReport, TenantReport,
};
pub use request::{EndpointChange, Prune, Selection, Waiting};

pub use super::outcome::{Effect, Next};
