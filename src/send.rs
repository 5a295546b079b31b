//! The sender: events become signed POSTs, and none is lost. Feature `send`; `sqlite` and `postgres` are its stores.
//!
//! Decisions and states are pure and ours; HTTP, DNS, TLS, SQL and metrics are libraries. Once [`Sender::send`]
//! returned Ok, every enabled endpoint that subscribes to the event type gets the event **at least once**, until a 2xx,
//! until the schedule ends (it is then kept as *dead*), or until the endpoint is disabled (it then waits).

mod clock;

mod error;

mod address;

mod url;

mod tenant;

mod state;

mod settings;

mod endpoint;

mod event;

mod seal;

mod notice;

mod retention;

mod schedule;

mod outcome;

#[cfg(feature = "failpoints")]
mod failpoint;

pub mod store;

mod http;

mod worker;

#[cfg(feature = "otlp")]
mod otlp;

mod sender;

mod manage;

mod reseal;

pub use address::AddressPolicy;
pub use clock::now;
pub use endpoint::Endpoint;
pub use error::SendError;
pub use event::{NewEvent, StoredEvent};
pub use http::options::HttpOptions;
pub use http::post::Poster;
pub use http::proxy::Proxy;
pub use http::resolve::LookUpFuture;
pub use notice::{Notice, Observer};
#[cfg(feature = "otlp")]
pub use otlp::Otlp;
pub use outcome::{AttemptRecord, AttemptResponse, DisableRule, Failure, classify};
pub use retention::{Retention, TenantSettings};
pub use schedule::Schedule;
pub use seal::{DataKey, LocalKeys, Sealer, SealingKeys, WrappedKey};
pub use sender::Sender;
pub use settings::{EndpointSettings, SettingsChange};
pub use state::{DisableReason, State};
#[cfg(feature = "postgres")]
pub use store::postgres::Postgres;
#[cfg(feature = "sqlite")]
pub use store::sqlite::Sqlite;
pub use store::{BreakerState, Enqueued, LogQuery, Prune, SealReport, Selection, Store, Waiting};
pub use tenant::{EndpointKey, Tenant};
pub use worker::Worker;
pub use worker::metrics::Metrics;
pub use worker::options::WorkerOptions;

/// Compiles the code of docs/SENDER.md.
#[cfg(all(doctest, feature = "sqlite", feature = "postgres"))]
#[doc = include_str!("../docs/SENDER.md")]
mod documented {}
