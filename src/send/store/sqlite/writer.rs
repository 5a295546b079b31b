//! One thread owns the connection. It gathers what came in meanwhile into one transaction: an fsync for many callers.

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;
use std::thread;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::clock::Clock;
use super::endpoints::Endpoints;
use super::error::failed;
use crate::send::error::SendError;
use crate::send::seal::Seal;
use crate::send::store::hot::Hot;
use crate::send::tenant::EndpointKey;
use crate::time::UnixMillis;

/// Most jobs in one transaction.
const GROUP: usize = 256;
/// Most jobs that wait; callers beyond that wait themselves.
const QUEUE: usize = 4096;

/// What a job works on.
pub(super) struct Context {
    pub connection: Connection,
    pub endpoints: Endpoints,
    /// The time of the transaction.
    pub now: UnixMillis,
    /// The number of the last claim, so that every lane gets its turn, and the endpoints that a claim looks at first.
    pub turn: (usize, Hot),
    clock: Clock,
}

impl Context {
    /// Reads the endpoints that were changed, and refuses a key without an endpoint.
    pub(super) fn known(&mut self, key: &EndpointKey) -> Result<(), SendError> {
        self.endpoints.refresh(&self.connection).map_err(failed)?;
        let unknown = || SendError::EndpointUnknown { id: key.id().into() };
        self.endpoints.find(key.as_stored()).map(drop).ok_or_else(unknown)
    }
}

/// Whether a thread's transactions write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Write,
    Read,
}

/// Tells the caller what came of its work, once the transaction has ended.
type Reply = Box<dyn FnOnce(Result<(), SendError>)>;

/// Works within the transaction, or is told why there is none. Returns whether to keep the savepoint, and the reply.
type Job = Box<dyn FnOnce(Result<&mut Context, SendError>) -> (bool, Reply) + Send>;

/// A handle to the thread, which ends with the last of them.
#[derive(Clone, Debug)]
pub(super) struct Writer(mpsc::Sender<Job>);

impl Writer {
    /// Starts a thread over a connection.
    pub(super) fn start(connection: Connection, clock: Clock, seal: Seal, access: Access) -> Result<Self, SendError> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let (endpoints, now) = (Endpoints::new(seal), clock.wall());
        let context = Context { connection, endpoints, now, turn: (0, Hot::default()), clock };
        let spawned = thread::Builder::new().name("mambo-sqlite".into()).spawn(move || work(context, receiver, access));
        spawned.map_err(|error| SendError::StoreFailed { what: error.to_string() })?;
        Ok(Self(sender))
    }

    /// Runs `act` in a transaction, together with others, and waits until it is on disk.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Context) -> Result<T, SendError> + Send + 'static,
    ) -> Result<T, SendError> {
        let (tell, told) = oneshot::channel();
        let job: Job = Box::new(|context| {
            let done = context.and_then(act);
            let is_kept = done.is_ok();
            // The caller may have gone away meanwhile; what is done is done.
            let reply: Reply = Box::new(move |committed| drop(tell.send(committed.and(done))));
            (is_kept, reply)
        });
        let gone = || SendError::StoreFailed { what: "its thread has ended".into() };
        self.0.send(job).await.map_err(|_| gone())?;
        told.await.map_err(|_| gone())?
    }
}

fn work(mut context: Context, mut jobs: mpsc::Receiver<Job>, access: Access) {
    while let Some(first) = jobs.blocking_recv() {
        let mut group = alloc::vec![first];
        while group.len() < GROUP {
            let Ok(job) = jobs.try_recv() else { break };
            group.push(job);
        }
        transaction(&mut context, group, access);
    }
}

fn begin(context: &mut Context, access: Access) -> rusqlite::Result<()> {
    context.connection.execute_batch(if access == Access::Write { "BEGIN IMMEDIATE" } else { "BEGIN" })?;
    context.now = if access == Access::Write { context.clock.now(&context.connection)? } else { context.clock.wall() };
    Ok(())
}

/// Runs all jobs in one transaction, each in its savepoint, so that one that fails leaves the others alone.
fn transaction(context: &mut Context, group: Vec<Job>, access: Access) {
    let began = begin(context, access);
    let mut result = began.map_err(|error| SendError::StoreFailed { what: error.to_string() });
    let mut replies = Vec::with_capacity(group.len());
    for job in group {
        // A full disk may have rolled the transaction back, with all of its jobs; no other job may run outside of one.
        if result.is_ok() && context.connection.is_autocommit() {
            result = Err(SendError::StoreFailed { what: "the transaction was rolled back".into() });
        }
        if let Err(error) = &result {
            replies.push(job(Err(error.clone())).1);
            continue;
        }
        let saved = context.connection.execute_batch("SAVEPOINT job");
        let (is_kept, reply) = job(Ok(&mut *context));
        let end = if is_kept { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" };
        let ended = saved.and_then(|()| context.connection.execute_batch(end));
        if let Err(error) = ended {
            result = Err(SendError::StoreFailed { what: error.to_string() });
        }
        replies.push(reply);
    }
    #[cfg(feature = "failpoints")]
    crate::send::failpoint::hit("in_transaction");
    if result.is_ok() {
        let committed = context.connection.execute_batch("COMMIT");
        result = committed.map_err(|error| SendError::StoreFailed { what: error.to_string() });
    }
    if result.is_err() {
        if !context.connection.is_autocommit() {
            drop(context.connection.execute_batch("ROLLBACK"));
        }
        // Caches may hold what the transaction read or wrote before it was rolled back.
        context.endpoints = Endpoints::new(context.endpoints.seal.clone());
        context.clock.forget();
    }
    for reply in replies {
        reply(result.clone());
    }
}
