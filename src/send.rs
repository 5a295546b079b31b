//! The sender: events become signed POSTs, and none is lost. Feature `send`; `sqlite` and `postgres` are its stores.
//!
//! Decisions and states are pure and ours; HTTP, DNS, TLS, SQL and metrics are libraries. Once [`Sender::send`] returned Ok,
//! every enabled endpoint that subscribes to the event type gets the event **at least once**, until a 2xx, until the
//! schedule ends (it is then kept as *dead*), or until the endpoint is disabled (it then waits).

pub mod clock;

pub mod error;

pub mod address;

mod url;

pub mod endpoint;

pub mod event;

pub mod schedule;

pub mod outcome;

pub mod report;

pub mod store;

pub mod observed;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod hot;

#[cfg(feature = "failpoints")]
mod failpoint;

#[cfg(feature = "sqlite")]
pub mod sqlite;

#[cfg(feature = "postgres")]
pub mod postgres;

pub mod http;

pub mod worker;

pub mod sender;

pub use address::AddressPolicy;
pub use clock::now;
pub use endpoint::{Endpoint, Reason, Settings, State};
pub use error::SendError;
pub use event::NewEvent;
pub use http::post::{HttpOptions, Poster};
pub use outcome::{Answer, AttemptRecord, DisableRule, Failure};
#[cfg(feature = "postgres")]
pub use postgres::Postgres;
pub use report::{Breaker, LogQuery};
pub use schedule::Schedule;
pub use sender::Sender;
#[cfg(feature = "sqlite")]
pub use sqlite::Sqlite;
pub use store::{Enqueued, Prune, Selection, Store};
pub use worker::metrics::Metrics;
pub use worker::{Worker, WorkerOptions};

/// Compiles the code of docs/SENDER.md.
#[cfg(all(doctest, feature = "sqlite", feature = "postgres"))]
#[doc = include_str!("../docs/SENDER.md")]
mod documented {}
