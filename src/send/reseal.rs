//! Sealing what is stored already, or what an older sealing key sealed.

use alloc::string::String;

use tokio::time::Instant;

use super::error::SendError;
use super::manage::rest;
use super::sender::Sender;
use super::store::{SealReport, Store};

impl<S: Store> Sender<S> {
    /// Seals what is stored: secrets and headers of all tenants' endpoints, and with `payloads` the data of all events, under
    /// the store's current sealing key. Works in small steps; workers and senders may run meanwhile. What cannot be read is
    /// left as it is, and counted. At the end the store overwrites what stood there in plain text, as far as it can.
    ///
    /// # Errors
    /// `seal_failed`, also for a store without a sealing key; `store_failed`. What was sealed before stays so, and a further
    /// call does the rest.
    pub async fn seal(&self, payloads: bool) -> Result<SealReport, SendError> {
        let mut report = SealReport::default();
        let mut next = Some(String::new());
        while let Some(after) = next {
            let began = Instant::now();
            let (step, then) = self.store.seal_endpoints(after).await?;
            report.add(step);
            next = then;
            rest(began).await;
        }
        let mut next = payloads.then_some(0);
        while let Some(after) = next {
            let began = Instant::now();
            let (step, then) = self.store.seal_payloads(after).await?;
            report.add(step);
            next = then;
            rest(began).await;
        }
        self.store.scrub().await?;
        Ok(report)
    }
}
