//! How fast the sender is and what it withstands, over TLS on loopback, with a receiver in a separate process. Prints
//! lines for docs/SENDER.md: `cargo bench --bench dispatch --features sqlite,postgres -- SCENARIO`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    async_fn_in_trait,
    unreachable_pub,
    missing_docs,
    dead_code,
    reason = "a benchmark reads the clock, ends by panicking, and shares two files with the tests"
)]

#[path = "../tests/rust/send/cluster.rs"]
mod cluster;

#[path = "../tests/rust/send/scratch.rs"]
mod scratch;

#[path = "dispatch/receiver.rs"]
mod receiver;

#[path = "dispatch/database.rs"]
mod database;

#[path = "dispatch/common.rs"]
mod common;

#[path = "dispatch/throughput.rs"]
mod throughput;

#[path = "dispatch/idle.rs"]
mod idle;

#[path = "dispatch/isolation.rs"]
mod isolation;

#[path = "dispatch/link.rs"]
mod link;

#[path = "dispatch/snapshot.rs"]
mod snapshot;

#[path = "dispatch/bytes.rs"]
mod bytes;

#[path = "dispatch/apart.rs"]
mod apart;

#[path = "dispatch/history.rs"]
mod history;

#[path = "dispatch/other.rs"]
mod other;

use database::{File, Server};

const SCENARIOS: &str =
    "sqlite, postgres, backlog, hanging, idle, isolation, link, snapshot, bytes, apart, prune, stats, other";

/// Runs a scenario on PostgreSQL, then on SQLite; on one of them if the word after the scenario names it.
macro_rules! on_each {
    ($module:ident :: $scenario:ident, $only:expr) => {{
        if $only != Some("sqlite") {
            $module::$scenario::<Server>().await;
        }
        if $only != Some("postgres") {
            $module::$scenario::<File>().await;
        }
    }};
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(run(&words));
}

async fn run(words: &[&str]) {
    let only = words.get(1).copied();
    match *words {
        ["postgres"] => throughput::throughput::<Server>(20_000).await,
        [] | ["sqlite"] => throughput::throughput::<File>(40_000).await,
        ["backlog"] => throughput::backlog().await,
        ["hanging"] => throughput::hanging().await,
        ["idle", ..] => on_each!(idle::idle, only),
        ["isolation", ..] => on_each!(isolation::isolation, only),
        ["link"] => link::link().await,
        ["snapshot"] => snapshot::snapshot().await,
        ["bytes"] => bytes::bytes(),
        ["apart", ..] => on_each!(apart::apart, only),
        ["prune", ..] => on_each!(history::prune, only),
        ["stats", ..] => on_each!(history::stats, only),
        ["other"] => other::other().await,
        // The processes of the scenarios.
        ["receive", delay_ms] => receiver::receive(delay_ms.parse().unwrap(), false).await,
        ["receive", delay_ms, "print"] => receiver::receive(delay_ms.parse().unwrap(), true).await,
        ["work", address, certificate] if address.starts_with("postgres://") => {
            common::work::<Server>(address, certificate).await;
        }
        ["work", address, certificate] => common::work::<File>(address, certificate).await,
        ["take", address] => other::take(address).await,
        ["bytes-postgres"] => bytes::measure::<Server>().await,
        ["bytes-sqlite"] => bytes::measure::<File>().await,
        _ => println!("no such scenario; there are {SCENARIOS}"),
    }
}
