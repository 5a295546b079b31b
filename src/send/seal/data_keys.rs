//! Data keys: the one that this process made, and those that it has decrypted.

use alloc::string::String;
use alloc::sync::Arc;
use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;
use zeroize::Zeroizing;

use super::aead::random;
use super::keys::{DataKey, SealingKeys, WrappedKey, is_id};
use crate::send::error::SendError;

/// How many decrypted data keys are remembered. There are as many as processes sealed something since the last `seal`.
const REMEMBERED: usize = 1024;
/// After how long a key service that failed is asked again, and endpoints are read again that it did not open.
pub(crate) const RETRY: Duration = Duration::from_secs(5);

/// A data key and how it is stored. It is shared, so that no copy of it stays behind in memory.
pub(super) type Own = (WrappedKey, Arc<DataKey>);

/// The data keys of a process.
pub(super) struct DataKeys {
    keys: Arc<dyn SealingKeys>,
    own: Mutex<Option<Own>>,
    opened: Mutex<HashMap<WrappedKey, Arc<DataKey>>>,
    /// The sealing keys for which the key service failed, by their ids: why, and until when it is not asked again. Otherwise
    /// a store with many endpoints would wait for it as often.
    failed: Mutex<HashMap<String, (SendError, Instant)>>,
}

impl DataKeys {
    pub(super) fn new(keys: impl SealingKeys) -> Self {
        Self { keys: Arc::new(keys), own: Mutex::default(), opened: Mutex::default(), failed: Mutex::default() }
    }

    /// The id of the key that seals now.
    pub(super) fn current(&self) -> String {
        self.keys.current()
    }

    /// The data key of this process, wrapped by the current sealing key.
    pub(super) fn own(&self) -> Result<Own, SendError> {
        let mut own = lock(&self.own);
        let id = self.keys.current();
        if let Some(made) = own.as_ref().filter(|(wrapped, _)| wrapped.id == id) {
            return Ok(made.clone());
        }
        let key: DataKey = Zeroizing::new(random()?);
        let wrapped = self.ask(&id, || self.keys.wrap(&key))?;
        if !is_id(&wrapped.id) {
            let what = "the sealing key's id has other characters than letters, digits, `.`, `-` and `_`";
            return Err(SendError::SealFailed { what: what.into() });
        }
        let made = (wrapped, Arc::new(key));
        *own = Some(made.clone());
        Ok(made)
    }

    /// A data key, from those that are remembered or by the sealing keys.
    pub(super) fn opened(&self, key: WrappedKey) -> Result<Arc<DataKey>, SendError> {
        if let Some(known) = lock(&self.opened).get(&key) {
            return Ok(Arc::clone(known));
        }
        let data_key = Arc::new(self.ask(&key.id, || self.keys.unwrap(&key))?);
        let mut opened = lock(&self.opened);
        if opened.len() >= REMEMBERED {
            opened.clear();
        }
        opened.insert(key, Arc::clone(&data_key));
        Ok(data_key)
    }

    /// Calls the sealing keys, unless the one with this id failed a moment ago.
    fn ask<T>(&self, id: &str, call: impl FnOnce() -> Result<T, SendError>) -> Result<T, SendError> {
        let failed = lock(&self.failed).get(id).filter(|(_, until)| Instant::now() < *until).cloned();
        if let Some((error, _)) = failed {
            return Err(error);
        }
        let done = call();
        let mut failed = lock(&self.failed);
        match (&done, Instant::now().checked_add(RETRY)) {
            (Err(error @ SendError::SealFailed { .. }), Some(until)) => {
                failed.insert(id.into(), (error.clone(), until));
            }
            _ => drop(failed.remove(id)),
        }
        done
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
