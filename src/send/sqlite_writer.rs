//! One thread owns the connection. It gathers what came in meanwhile into one transaction: an fsync for many callers.

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::endpoint::Endpoint;
use super::error::SendError;
use super::sqlite_schema::prepare;

/// Most jobs in one transaction.
const GROUP: usize = 256;
/// Most jobs that wait; callers beyond that wait themselves.
const QUEUE: usize = 4096;

/// What a job works on.
pub(super) struct Context {
    pub connection: Connection,
    /// Endpoints as of a revision, so that a claim need not read them all.
    pub endpoints: Vec<Arc<Endpoint>>,
    pub revision: i64,
    /// Where the last claim ended, so that every endpoint gets its turn.
    pub turn: usize,
}

/// Says whether its work holds, once the transaction is through.
type Reply = Box<dyn FnOnce(Result<(), SendError>)>;

/// Works within the transaction, or is told why there is none. Says whether it is to be kept, and hands back whom to tell.
type Job = Box<dyn FnOnce(Result<&mut Context, SendError>) -> (bool, Reply) + Send>;

/// A handle to the thread, which ends with the last of them.
#[derive(Clone, Debug)]
pub(super) struct Writer(mpsc::Sender<Job>);

impl Writer {
    /// Opens a file and starts its thread, which works in transactions that `begin` begins.
    pub(super) fn open(path: &Path, begin: &'static str) -> Result<Self, SendError> {
        let failed = |what: &dyn ToString| SendError::StoreFailed { what: what.to_string() };
        let mut connection = connect(path)?;
        prepare(&mut connection)?;
        let (sender, receiver) = mpsc::channel(QUEUE);
        let context = Context { connection, endpoints: Vec::new(), revision: -1, turn: 0 };
        let spawned = thread::Builder::new().name("mambo-sqlite".into()).spawn(move || work(context, receiver, begin));
        spawned.map_err(|error| failed(&error))?;
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
            // Whoever asked may have gone away meanwhile; what is done is done.
            let reply: Reply = Box::new(move |committed| drop(tell.send(committed.and(done))));
            (is_kept, reply)
        });
        let gone = || SendError::StoreFailed { what: "its thread has ended".into() };
        self.0.send(job).await.map_err(|_| gone())?;
        told.await.map_err(|_| gone())?
    }
}

fn work(mut context: Context, mut jobs: mpsc::Receiver<Job>, begin: &str) {
    while let Some(first) = jobs.blocking_recv() {
        let mut group = alloc::vec![first];
        while group.len() < GROUP {
            let Ok(job) = jobs.try_recv() else { break };
            group.push(job);
        }
        transaction(&mut context, group, begin);
    }
}

/// All jobs in one transaction, each in a savepoint of its own, so that one that fails leaves the others alone.
fn transaction(context: &mut Context, group: Vec<Job>, begin: &str) {
    let began = context.connection.execute_batch(begin);
    let mut result = began.map_err(|error| SendError::StoreFailed { what: error.to_string() });
    let mut replies = Vec::with_capacity(group.len());
    for job in group {
        // A full disk may have ended the transaction: nothing of it holds then, and nothing may run outside of one.
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
    super::failpoint::hit("in_transaction");
    if result.is_ok() {
        let committed = context.connection.execute_batch("COMMIT");
        result = committed.map_err(|error| SendError::StoreFailed { what: error.to_string() });
    }
    if result.is_err() {
        if !context.connection.is_autocommit() {
            drop(context.connection.execute_batch("ROLLBACK"));
        }
        // What was read in a transaction that is undone is not known any more.
        context.revision = -1;
    }
    for reply in replies {
        reply(result.clone());
    }
}

/// One thread at a time creates and opens a file: see [`connect`].
static OPENING: Mutex<()> = Mutex::new(());

/// Opens a connection to a file that only its owner may read, since it holds secrets and personal data.
///
/// POSIX drops every lock of a process on a file as soon as the process closes any descriptor of it. So the file is
/// never opened beside a connection: it is created before the first one exists, and its mode is changed by its name.
fn connect(path: &Path) -> Result<Connection, SendError> {
    let failed = |what: &dyn ToString| SendError::StoreFailed { what: what.to_string() };
    let _alone = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut options = std::fs::OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_created) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            #[cfg(unix)]
            tighten(path).map_err(|error| failed(&error))?;
        }
        Err(error) => return Err(failed(&error)),
    }
    Connection::open(path).map_err(|error| failed(&error))
}

/// Takes the file and what SQLite keeps beside it away from everyone but the owner.
#[cfg(unix)]
fn tighten(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_os_string();
        file.push(suffix);
        let Ok(found) = std::fs::metadata(&file) else { continue };
        if found.is_file() && found.permissions().mode() & 0o077 != 0 {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600))?;
        }
    }
    Ok(())
}
