//! What a replay store must do, and a check of it for the tests of a store.

use core::future::Future;
use core::time::Duration;

/// What a store answers to a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reservation {
    /// The key is reserved for this attempt, until it commits or releases it or the time to live ends.
    Yours,
    /// Another attempt has reserved it.
    Pending,
    /// The delivery was handled before.
    Done,
    /// The store has no room, and forgets nothing that could still be replayed.
    Full,
}

/// Remembers which deliveries were handled, by the store's own clock. Each call must be one atomic step.
pub trait ReplayStore {
    /// What can go wrong in the store itself.
    type Error;

    /// Reserves a key for `ttl`, unless it is reserved or handled. `token` names the attempt.
    ///
    /// # Errors
    /// When the store cannot be asked. The delivery must not be handled then.
    fn reserve(
        &self,
        key: &str,
        ttl: Duration,
        token: &str,
    ) -> impl Future<Output = Result<Reservation, Self::Error>> + Send;

    /// Remembers for `ttl` that a key was handled, also when the reservation has ended meanwhile.
    ///
    /// # Errors
    /// When the store cannot be asked.
    fn commit(&self, key: &str, ttl: Duration) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Ends the reservation that was made with this token, so that a retry can be handled. The reservation of another
    /// attempt stays, and so does a committed key.
    ///
    /// # Errors
    /// When the store cannot be asked.
    fn release(&self, key: &str, token: &str) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// Checks that a store does what [`ReplayStore`] says, for the tests of your store. The store must hold no keys that
/// begin with `check-`.
///
/// `ttl` is the life of the check's keys: 200 ms for a store in a database. `wait` waits until the store's clock has
/// advanced by the given duration, for example `tokio::time::sleep`.
///
/// # Errors
/// The first rule that the store breaks, as a sentence; `Err(None)` if a call to the store failed.
pub async fn check_store<S: ReplayStore>(
    store: &S,
    ttl: Duration,
    wait: impl AsyncFn(Duration),
) -> Result<(), Option<&'static str>> {
    let step = async |wanted: Reservation, key: &str, token: &str, otherwise: &'static str| {
        let found = store.reserve(key, ttl, token).await.map_err(|_| None)?;
        if found == wanted { Ok(()) } else { Err(Some(otherwise)) }
    };
    let release = async |key: &str, token: &str| store.release(key, token).await.map_err(|_| None);
    let commit = async |key: &str| store.commit(key, ttl).await.map_err(|_| None);
    step(Reservation::Yours, "check-a", "first", "a new key was not given").await?;
    step(Reservation::Pending, "check-a", "first", "a reserved key was given twice").await?;
    step(Reservation::Yours, "check-b", "first", "one key took another one with it").await?;
    release("check-a", "first").await?;
    step(Reservation::Yours, "check-a", "first", "a released key was not given again").await?;
    step(Reservation::Pending, "check-b", "first", "releasing one key released another").await?;
    commit("check-a").await?;
    release("check-a", "first").await?;
    step(Reservation::Done, "check-a", "first", "a committed key was given again, or released").await?;
    wait(ttl.saturating_add(Duration::from_millis(50))).await;
    step(Reservation::Yours, "check-a", "first", "a committed key was kept after its time").await?;
    step(Reservation::Yours, "check-b", "second", "a reserved key was kept after its time").await?;
    release("check-b", "first").await?;
    step(Reservation::Pending, "check-b", "second", "the reservation of another attempt was released").await?;
    commit("check-b").await?;
    release("check-b", "second").await?;
    step(Reservation::Done, "check-b", "second", "a key that a late attempt committed was given again").await
}
