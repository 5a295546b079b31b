//! The sender: events become signed POSTs, and none is lost. Feature `send`.
//!
//! Policy and states are pure and ours; HTTP, TLS, SQL, rate limits and metrics are libraries. Once
//! [`Sender::send`] returned Ok, every enabled endpoint that takes the kind gets the event **at least once**, until a
//! 2xx, until the schedule ends (it is then kept as *dead*), or until the endpoint is disabled (it then waits).

pub mod clock;

pub mod error;

pub mod address;

pub mod endpoint;

pub mod event;

pub mod schedule;

pub mod outcome;

pub mod store;

#[cfg(feature = "failpoints")]
mod failpoint;

mod sqlite_schema;

mod sqlite_writer;

mod sqlite_claim;

mod sqlite_log;

mod sqlite_prune;

pub mod sqlite;

#[cfg(feature = "postgres")]
mod postgres_rows;

#[cfg(feature = "postgres")]
mod postgres_held;

#[cfg(feature = "postgres")]
mod postgres_schema;

#[cfg(feature = "postgres")]
mod postgres_enqueue;

#[cfg(feature = "postgres")]
mod postgres_claim;

#[cfg(feature = "postgres")]
mod postgres_log;

#[cfg(feature = "postgres")]
mod postgres_prune;

#[cfg(feature = "postgres")]
pub mod postgres;

pub mod resolve;

pub mod post;

pub mod meter;

mod flying;

mod trace;

mod attempt;

pub mod worker;

pub mod sender;

pub use address::Guard;
pub use clock::now;
pub use endpoint::{Endpoint, Settings, State};
pub use error::SendError;
pub use event::NewEvent;
pub use outcome::{Answer, AttemptRecord, Failure};
pub use post::{HttpOptions, Poster};
#[cfg(feature = "postgres")]
pub use postgres::Postgres;
pub use schedule::Schedule;
pub use sender::Sender;
pub use sqlite::Sqlite;
pub use store::{Enqueued, LogQuery, Prune, Selection, Store};
pub use worker::{Worker, WorkerOptions};
