//! Looking at deliveries, repeating and forgetting them.

use clap::Subcommand;
use mambo_webhooks::UnixMillis;
use mambo_webhooks::send::store::DeliveryCounts;
use mambo_webhooks::send::{LogQuery, Prune, Selection, SendError, Sender, Store, Tenant};
use serde_json::json;

use crate::CliOutput;
use crate::show::{self, describe};

#[derive(Subcommand)]
pub enum Command {
    /// The delivery log, newest first.
    Log {
        #[arg(long)]
        endpoint: Option<String>,
        #[arg(long)]
        event: Option<String>,
        #[arg(long)]
        delivery: Option<i64>,
        /// Failed attempts only.
        #[arg(long)]
        failed: bool,
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// How many deliveries are in which state, and how the endpoints do.
    Stats,
    /// Try deliveries once more, each with a fresh signature.
    #[command(group = clap::ArgGroup::new("which").required(true).args(["delivery", "dead", "from_ms"]))]
    Retry {
        /// This one.
        #[arg(long)]
        delivery: Option<i64>,
        /// Select all dead deliveries.
        #[arg(long)]
        dead: bool,
        /// Select deliveries of events that came in at or after this time, in milliseconds since 1970.
        #[arg(long, requires = "until_ms")]
        from_ms: Option<i64>,
        /// Up to and including this time, in ms.
        #[arg(long)]
        until_ms: Option<i64>,
        /// Select deliveries to this endpoint only.
        #[arg(long)]
        endpoint: Option<String>,
    },
    /// Forget events that were delivered everywhere, with their payloads and their log; of all tenants without --tenant.
    Prune {
        /// Forget events that came in and ended more than this many days ago.
        #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
        days: u16,
        /// Forget events with dead deliveries too.
        #[arg(long)]
        dead: bool,
    },
}

const DAY_MS: i64 = 86_400_000;

/// Carries a command out. Log, statistics and pruning are about all tenants unless one is named.
pub async fn run<S: Store>(sender: &Sender<S>, command: Command, tenant: Option<Tenant>) -> Result<CliOutput, String> {
    match command {
        Command::Log { endpoint, event, delivery, failed, limit } => {
            let mut query = LogQuery::default().limit(limit);
            (query.delivery, query.endpoint, query.event, query.only_failed) = (delivery, endpoint, event, failed);
            query.tenant = tenant;
            let lines = sender.store().log(query).await.map_err(describe)?;
            let text = lines.iter().map(show::line).collect::<Vec<_>>().join("\n");
            Ok(CliOutput(true, text, lines.iter().map(show::value).collect()))
        }
        Command::Stats => stats(sender.store(), tenant).await.map_err(describe),
        Command::Retry { delivery, dead, from_ms, until_ms, endpoint } => {
            let selection = match (delivery, dead, from_ms.zip(until_ms)) {
                (Some(delivery), ..) => Selection::One(delivery),
                (None, true, _) => Selection::Dead { endpoint },
                (None, false, Some((from, until))) => {
                    Selection::Range { from: UnixMillis(from), until: UnixMillis(until), endpoint }
                }
                (None, false, None) => return Err("which? --delivery, --dead or --from-ms and --until-ms".into()),
            };
            let count = sender.retry(selection).await.map_err(describe)?;
            let text = match count {
                0 => "no such delivery is delivered or dead, so none is tried again".into(),
                count => show::counted(count, "delivery is tried again", "deliveries are tried again"),
            };
            Ok(CliOutput(count > 0, text, json!({ "deliveries": count })))
        }
        Command::Prune { days, dead } => {
            let now = sender.store().now().await.map_err(describe)?.0;
            let before = UnixMillis(now.saturating_sub(DAY_MS.saturating_mul(days.into())));
            let prune = if dead { Prune::before(before).with_dead() } else { Prune::before(before) };
            let prune = match tenant {
                Some(tenant) => prune.tenant(tenant),
                None => prune,
            };
            let count = sender.prune_all(prune).await.map_err(describe)?;
            Ok(CliOutput(
                true,
                show::counted(count, "event is forgotten", "events are forgotten"),
                json!({ "events": count }),
            ))
        }
    }
}

async fn stats(store: &impl Store, tenant: Option<Tenant>) -> Result<CliOutput, SendError> {
    let counts = store.counts(tenant.clone()).await?;
    let DeliveryCounts { scheduled, ready, leased, delivered, dead, unreadable, oldest, .. } = counts;
    let now = store.now().await?;
    let since = UnixMillis(now.0.saturating_sub(DAY_MS));
    let health = store.health(tenant, since).await?;
    let waiting = counts.waiting();
    let age = oldest.map_or_else(String::new, |oldest| format!("  oldest {} s", now.since(oldest) / 1000));
    let mut lines = vec![format!("waiting {waiting}  leased {leased}  delivered {delivered}  dead {dead}{age}")];
    let rows = health.iter().map(crate::page::row).collect::<Vec<_>>();
    lines.extend(health.iter().map(show::health));
    let value = json!({
        "waiting": waiting, "scheduled": scheduled, "ready": ready, "leased": leased, "delivered": delivered,
        "dead": dead, "unreadableEndpoints": unreadable, "oldestMs": oldest.map(|oldest| oldest.0), "endpoints": rows
    });
    Ok(CliOutput(true, lines.join("\n"), value))
}
