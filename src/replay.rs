//! Replay protection: a delivery is handled once, also when it comes twice at the same time.
//!
//! [`process`] reserves a key before the handler runs, commits it afterwards, and releases it when the handler failed.
//! The keys come from what was signed ([`Verified::replay_key`](crate::Verified::replay_key)), never from an unsigned
//! header, and are remembered for as long as a replay could pass the tolerance
//! ([`Tolerance::replay_ttl`](crate::Tolerance::replay_ttl)).
//!
//! A store serves one webhook. If webhooks share a store, each prefixes its keys with a name: two may send the same
//! event id, and the holder of one secret could otherwise mark another webhook's event as handled.

mod store;

#[cfg(feature = "std")]
mod memory;

use core::fmt;
use core::time::Duration;

use crate::error::Error;
#[cfg(feature = "std")]
pub use memory::MemoryReplayStore;
pub use store::{ReplayStore, Reservation, check_store};

/// The longest life of a reservation: if its process dies, a retry is handled after this time, not a day later.
pub const LEASE: Duration = Duration::from_secs(600);

/// Error of [`process`]: the handler did not run or failed, or its success could not be remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProcessError<S, H> {
    /// `delivery_replayed`, `delivery_pending` or `replay_store_full`: the handler did not run.
    Refused(Error),
    /// The store failed to reserve the key, so the handler did not run; or the store failed to remember that the
    /// handler ended well, so a retry runs it again.
    Store(S),
    /// The handler failed, and a retry can be handled.
    Handler(H),
    /// The handler failed, and the store could not be told: a retry is handled once the reservation has ended.
    Both {
        /// What the handler said.
        handler: H,
        /// What the store said.
        store: S,
    },
}

impl<S: fmt::Display, H: fmt::Display> fmt::Display for ProcessError<S, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => error.fmt(f),
            Self::Store(error) => write!(f, "replay store: {error}"),
            Self::Handler(error) => error.fmt(f),
            Self::Both { handler, store } => write!(f, "{handler}; replay store: {store}"),
        }
    }
}

impl<S: fmt::Debug + fmt::Display, H: fmt::Debug + fmt::Display> core::error::Error for ProcessError<S, H> {}

/// Runs `handler` unless the delivery with this key was handled, and remembers for `ttl` that it was.
///
/// `key` is [`Verified::replay_key`](crate::Verified::replay_key), or
/// [`Received::event_key`](crate::Received::event_key) to know retries too. `token` names this attempt: any text that
/// no other attempt has, such as a random UUID. A handler that takes longer than [`LEASE`] may run again for a retry.
///
/// # Errors
/// [`ProcessError`].
pub async fn process<S: ReplayStore, T, H>(
    store: &S,
    key: &str,
    ttl: Duration,
    token: &str,
    handler: impl AsyncFnOnce() -> Result<T, H>,
) -> Result<T, ProcessError<S::Error, H>> {
    let refused = match store.reserve(key, ttl.min(LEASE), token).await.map_err(ProcessError::Store)? {
        Reservation::Yours => None,
        Reservation::Pending => Some(Error::DeliveryPending),
        Reservation::Done => Some(Error::DeliveryReplayed),
        Reservation::Full => Some(Error::ReplayStoreFull),
    };
    if let Some(error) = refused {
        return Err(ProcessError::Refused(error));
    }
    match handler().await {
        Ok(result) => {
            store.commit(key, ttl).await.map_err(ProcessError::Store)?;
            Ok(result)
        }
        Err(handler) => Err(match store.release(key, token).await {
            Ok(()) => ProcessError::Handler(handler),
            Err(store) => ProcessError::Both { handler, store },
        }),
    }
}
