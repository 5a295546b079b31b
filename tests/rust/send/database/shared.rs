//! The cluster that tests share while they run at the same time.

use std::sync::{Arc, Mutex, Weak};

use super::super::cluster::Cluster;

/// A cluster that tests share while they run at the same time. The last of them stops it.
pub struct Shared {
    start: fn() -> Cluster,
    running: Mutex<Weak<Cluster>>,
}

impl Shared {
    pub const fn new(start: fn() -> Cluster) -> Self {
        Self { start, running: Mutex::new(Weak::new()) }
    }

    pub fn get(&self) -> Arc<Cluster> {
        let mut running = self.running.lock().unwrap();
        running.upgrade().unwrap_or_else(|| {
            let cluster = Arc::new((self.start)());
            *running = Arc::downgrade(&cluster);
            cluster
        })
    }
}
