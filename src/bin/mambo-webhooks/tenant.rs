//! Managing tenants.

use std::num::{NonZeroU16, NonZeroU32};
use std::time::Duration;

use clap::Subcommand;
use mambo_webhooks::send::store::TenantReport;
use mambo_webhooks::send::{Retention, Sender, Store, TenantSettings};
use serde_json::{Value, json};

use crate::CliOutput;
use crate::show::{describe, millis};

#[derive(Subcommand)]
pub enum Action {
    /// Every tenant that has endpoints or settings, and how its deliveries do.
    List,
    /// Set the limits and the retention of the tenant that `--tenant` names; what is not given is unlimited, or as the worker
    /// says.
    Set {
        /// Most attempts a second, to all of its endpoints together.
        #[arg(long)]
        rate: Option<NonZeroU32>,
        /// Most deliveries under way at once, to all of its endpoints together.
        #[arg(long)]
        max_in_flight: Option<NonZeroU32>,
        #[command(flatten)]
        keep: Keep,
    },
}

/// How long ended events and their log are kept; for ever by default.
#[derive(clap::Args)]
pub struct Keep {
    /// Forget events this many days after they were delivered everywhere.
    #[arg(long = "keep-delivered-days", value_name = "DAYS")]
    delivered: Option<NonZeroU16>,
    /// Forget events with dead deliveries this many days after those ended.
    #[arg(long = "keep-dead-days", value_name = "DAYS")]
    dead: Option<NonZeroU16>,
    /// Forget lines of the log after this many days.
    #[arg(long = "keep-log-days", value_name = "DAYS")]
    log: Option<NonZeroU16>,
}

impl Keep {
    pub fn retention(&self) -> Retention {
        let days = |days: Option<NonZeroU16>| days.map(|days| Duration::from_secs(u64::from(days.get()) * 86_400));
        let mut retention = Retention::default();
        retention.delivered = days(self.delivered);
        retention.dead = days(self.dead);
        retention.log = days(self.log);
        retention
    }
}

pub async fn run<S: Store>(sender: &Sender<S>, action: Action) -> Result<CliOutput, String> {
    match action {
        Action::List => {
            let all = sender.store().tenants().await.map_err(describe)?;
            let text = all.iter().map(line).collect::<Vec<_>>().join("\n");
            Ok(CliOutput(true, text, all.iter().map(value).collect()))
        }
        Action::Set { rate, max_in_flight, keep } => {
            let mut settings = TenantSettings::default().retention(keep.retention());
            (settings.rate_per_second, settings.max_in_flight) = (rate, max_in_flight);
            sender.set_tenant(settings).await.map_err(describe)?;
            let tenant = sender.tenant().as_str();
            Ok(CliOutput(true, format!("set {tenant}"), json!({ "tenant": tenant })))
        }
    }
}

fn line(report: &TenantReport) -> String {
    let TenantReport { tenant, endpoints, waiting, in_flight, delivered, dead, settings, .. } = report;
    let limit =
        |name: &str, limit: Option<NonZeroU32>| limit.map_or_else(String::new, |most| format!("  {name} {most}"));
    let limits = [limit("rate", settings.rate_per_second), limit("max in flight", settings.max_in_flight)].concat();
    format!(
        "{tenant}  endpoints {endpoints}  waiting {waiting}  in flight {in_flight}  delivered {delivered}  dead {dead}{limits}"
    )
}

fn value(report: &TenantReport) -> Value {
    let TenantReport { tenant, endpoints, waiting, in_flight, delivered, dead, settings, .. } = report;
    let Retention { delivered: keep_delivered, dead: keep_dead, log: keep_log, .. } = settings.retention;
    json!({
        "tenant": tenant.as_str(), "endpoints": endpoints, "waiting": waiting, "inFlight": in_flight,
        "delivered": delivered, "dead": dead, "ratePerSecond": settings.rate_per_second,
        "maxInFlight": settings.max_in_flight, "keepDeliveredMs": keep_delivered.map(millis),
        "keepDeadMs": keep_dead.map(millis), "keepLogMs": keep_log.map(millis),
    })
}
