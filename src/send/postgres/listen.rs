//! Hears of what other processes put into PostgreSQL.

use alloc::sync::Arc;
use core::future::poll_fn;
use core::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, Error};

use super::connect::Target;

/// How long to wait before listening again after a connection was lost.
const PAUSE: Duration = Duration::from_secs(1);

/// A task that listens, for as long as this handle exists.
#[derive(Debug)]
pub(super) struct Listener(JoinHandle<()>);

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Listener {
    /// Starts a connection of its own; `heard` is told of every notification, and when it listens again.
    pub(super) fn start(target: Target, heard: Arc<Notify>) -> Self {
        Self(tokio::spawn(async move {
            loop {
                // Without it, workers look by themselves twice a second: nothing is lost by a failure here.
                drop(listen(&target, &heard).await);
                tokio::time::sleep(PAUSE).await;
            }
        }))
    }
}

async fn listen(target: &Target, heard: &Notify) -> Result<(), Error> {
    let (client, mut connection) = target.config.connect(target.tls.clone()).await?;
    let mut subscribed = core::pin::pin!(client.batch_execute("LISTEN mambo_webhooks"));
    let mut is_subscribed = false;
    loop {
        tokio::select! {
            message = poll_fn(|context| connection.poll_message(context)) => match message.transpose()? {
                Some(AsyncMessage::Notification(_)) => heard.notify_waiters(),
                Some(_notice) => {}
                None => return Ok(()),
            },
            done = &mut subscribed, if !is_subscribed => {
                done?;
                is_subscribed = true;
                // What came in before this moment was not heard.
                heard.notify_waiters();
            }
        }
    }
}
