//! What every command of the sender needs to know.

use std::path::PathBuf;
use std::time::Duration;

use mambo_webhooks::send::{AddressPolicy, HttpOptions, LocalKeys, Schedule, Sealer, Tenant, WorkerOptions};
use mambo_webhooks::{Renderer, Shims, Version};
use zeroize::Zeroizing;

use crate::egress::Egress;
use crate::input::{read_profile, text};
use crate::show::describe;

/// Where events are kept, and how they are rendered and posted.
#[derive(clap::Args)]
#[command(next_help_heading = "Options of the sender")]
pub struct Setup {
    /// A file, or `postgres://…`.
    #[arg(long, global = true, env = "MAMBO_STORE", hide_env_values = true, default_value = "mambo-webhooks.db")]
    pub store: String,
    /// The tenant that the command is about. Default: `default`; all tenants for `log`, `stats`, `prune` and the worker's page.
    #[arg(long, global = true, env = "MAMBO_TENANT", value_parser = tenant)]
    pub tenant: Option<Tenant>,
    /// The server's version: that of the events sent, and of payloads for endpoints that follow the latest.
    #[arg(long, global = true, env = "MAMBO_SERVER", default_value = "0.0.0")]
    pub server: Version,
    /// A registry document. Default: the environment variable `MAMBO_REGISTRY`.
    #[arg(long, global = true)]
    registry: Option<PathBuf>,
    /// A profile, as JSON. Default: the environment variable `MAMBO_PROFILE`.
    #[arg(long, global = true)]
    profile: Option<PathBuf>,
    /// A file with keys that seal secrets in the store, a line each: an id, a blank, 32 bytes in Base64. The first one seals, all
    /// open. Or the keys themselves in the environment variable `MAMBO_SEALING_KEY`.
    #[arg(long, global = true, env = "MAMBO_SEALING_KEY_FILE")]
    sealing_key: Option<PathBuf>,
    /// Seal the data of new events too.
    #[arg(long, global = true, env = "MAMBO_SEAL_PAYLOADS")]
    seal_payloads: bool,
    /// A private network or address that may be delivered to, such as 10.1.0.0/16. Never take this from customers. The
    /// worker needs it too.
    #[arg(long, global = true, env = "MAMBO_ALLOW", value_delimiter = ',', value_parser = network)]
    allow: Vec<ipnet::IpNet>,
    #[command(flatten)]
    egress: Egress,
    /// How long an attempt may take, in seconds.
    #[arg(long, global = true, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=300))]
    timeout_seconds: u64,
}

/// An option, or a variable in its place. clap would give a variable of a global option to an option of any command that has
/// the same name, which is not the sender's.
fn or_environment(given: Option<&PathBuf>, variable: &str) -> Option<PathBuf> {
    given.cloned().or_else(|| std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from))
}

fn tenant(name: &str) -> Result<Tenant, String> {
    Tenant::new(name).map_err(|error| error.to_string())
}

/// Sealing keys from the environment.
fn key_of_environment() -> Option<Zeroizing<String>> {
    std::env::var("MAMBO_SEALING_KEY").ok().filter(|keys| !keys.is_empty()).map(Zeroizing::new)
}

/// A network, or one address.
fn network(text: &str) -> Result<ipnet::IpNet, String> {
    let address = || text.parse::<std::net::IpAddr>().map(ipnet::IpNet::from);
    text.parse().or_else(|_| address()).map_err(|_| "expected a network or an address, such as 10.1.0.0/16".into())
}

impl Setup {
    /// The shims of the registry document, or of the built-in one. A document is read once: it may be standard input.
    pub fn shims(&self) -> Result<Shims, String> {
        let registry = or_environment(self.registry.as_ref(), "MAMBO_REGISTRY").as_deref().map(text).transpose()?;
        let shims = registry.map_or_else(|| Ok(Shims::default()), |text| Shims::from_json(&text));
        shims.map_err(|error| error.to_string())
    }

    pub fn renderer(&self, shims: Shims) -> Result<Renderer, String> {
        let renderer = Renderer::new(read_profile(self.profile().as_deref())?, shims, self.server);
        renderer.map_err(|error| error.to_string())
    }

    /// Whether keys are given that seal secrets.
    pub fn has_sealing_key(&self) -> bool {
        self.sealing_key.is_some() || key_of_environment().is_some()
    }

    /// What seals secrets, if keys are given.
    pub fn sealer(&self) -> Result<Option<Sealer>, String> {
        let keys = match &self.sealing_key {
            Some(file) => Some(Zeroizing::new(text(file)?)),
            None => key_of_environment(),
        };
        let Some(keys) = keys else {
            if self.seal_payloads {
                return Err("--seal-payloads needs --sealing-key or MAMBO_SEALING_KEY".into());
            }
            return Ok(None);
        };
        let sealer = Sealer::new(LocalKeys::from_text(&keys).map_err(describe)?);
        Ok(Some(if self.seal_payloads { sealer.with_payloads() } else { sealer }))
    }

    /// The file of the profile.
    pub fn profile(&self) -> Option<PathBuf> {
        or_environment(self.profile.as_ref(), "MAMBO_PROFILE")
    }

    pub fn http(&self) -> Result<HttpOptions, String> {
        let http = HttpOptions::new(AddressPolicy::allowing(self.allow.clone()));
        self.egress.apply(http.total_timeout(Duration::from_secs(self.timeout_seconds)))
    }
}

/// What a worker is asked for on the command line.
pub fn worker_options(max_in_flight: usize, lease_seconds: Option<u64>, schedule: Option<Vec<u64>>) -> WorkerOptions {
    let mut options = WorkerOptions::default().max_in_flight(max_in_flight);
    if let Some(seconds) = lease_seconds {
        options = options.lease(Duration::from_secs(seconds));
    }
    if let Some(seconds) = schedule {
        options = options.schedule(Schedule::new(seconds.into_iter().map(Duration::from_secs).collect()));
    }
    options
}
