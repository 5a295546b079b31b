//! The sender: its stores on one suite, receivers that fail in every way, crashes, failovers.

#[cfg(feature = "postgres")]
mod cluster;
#[cfg(all(feature = "cli", feature = "failpoints", feature = "postgres"))]
mod crash;
#[cfg(all(feature = "cli", feature = "postgres"))]
mod database;
#[cfg(feature = "sqlite")]
mod egress;
#[cfg(feature = "send")]
mod endpoint;
#[cfg(all(feature = "cli", feature = "postgres"))]
mod failover;
#[cfg(feature = "sqlite")]
mod faults;
#[cfg(feature = "cli")]
mod grafana;
#[cfg(feature = "sqlite")]
mod intake;
#[cfg(all(feature = "cli", feature = "postgres"))]
mod netns;
#[cfg(feature = "postgres")]
mod plans;
#[cfg(feature = "send")]
mod policy;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "cli")]
mod program;
#[cfg(feature = "sqlite")]
mod receiver;
#[cfg(feature = "sqlite")]
mod schedule;
#[cfg(feature = "sqlite")]
mod scratch;
#[cfg(feature = "cli")]
mod seal;
#[cfg(feature = "cli")]
mod signals;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod store;
#[cfg(feature = "cli")]
mod tenants;
#[cfg(all(feature = "cli", feature = "otlp"))]
mod traces;
