//! Tells other processes of what was put into PostgreSQL, and hears of it.

use alloc::sync::Arc;
use core::future::poll_fn;
use core::time::Duration;

use deadpool_postgres::Pool;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, Error};

use super::connect::{LOGIN_TIMEOUT, Target};
use super::connection::rows;

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
    /// Starts a separate connection; `heard` is told of every notification, and when it listens again.
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

/// A task that notifies, for as long as this handle exists. Requests that come in meanwhile share one notification.
#[derive(Debug)]
pub(super) struct Notifier {
    asked: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Drop for Notifier {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Notifier {
    pub(super) fn start(pool: Pool) -> Self {
        let asked = Arc::new(Notify::new());
        let heard = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            loop {
                heard.notified().await;
                let sql = "SELECT set_config('synchronous_commit', 'off', true), pg_notify('mambo_webhooks', '')";
                // Without it, workers look by themselves.
                drop(rows(&pool, sql, &[]).await);
            }
        });
        Self { asked, task }
    }

    pub(super) fn notify(&self) {
        self.asked.notify_one();
    }
}

/// Tells every worker that waits, and the first that waits next: one may be in the middle of a claim.
fn tell(heard: &Notify) {
    heard.notify_waiters();
    heard.notify_one();
}

async fn listen(target: &Target, heard: &Notify) -> Result<(), Error> {
    let Ok(connected) = tokio::time::timeout(LOGIN_TIMEOUT, target.connect()).await else { return Ok(()) };
    let (client, mut connection) = connected?;
    let mut subscribed = core::pin::pin!(client.batch_execute("LISTEN mambo_webhooks"));
    let mut is_subscribed = false;
    loop {
        tokio::select! {
            message = poll_fn(|context| connection.poll_message(context)) => match message.transpose()? {
                Some(AsyncMessage::Notification(_)) => tell(heard),
                Some(_notice) => {}
                None => return Ok(()),
            },
            done = &mut subscribed, if !is_subscribed => {
                done?;
                is_subscribed = true;
                // What came in before this moment was not heard.
                tell(heard);
            }
        }
    }
}
