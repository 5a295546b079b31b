//! Tells the operator what happens: through the log, the metrics, and the observers that the caller set.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use tracing::warn;

use super::metrics::Metrics;
use crate::send::notice::{Notice, Observer};

/// Where notices go. Clones share it.
#[derive(Clone)]
pub(super) struct Tell {
    pub metrics: Arc<Metrics>,
    pub observers: Arc<Vec<Arc<dyn Observer>>>,
}

impl Tell {
    pub(super) fn notices(&self, notices: &[Notice]) {
        for notice in notices {
            self.notice(notice);
        }
    }

    pub(super) fn notice(&self, notice: &Notice) {
        if let Some(endpoint) = notice.endpoint() {
            warn!(%endpoint, notice = notice.as_str(), "an endpoint is in trouble, or no longer");
        }
        self.metrics.notice(notice);
        for observer in self.observers.iter() {
            observer.observe(notice);
        }
    }
}

impl fmt::Debug for Tell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tell").field("observers", &self.observers.len()).finish_non_exhaustive()
    }
}
