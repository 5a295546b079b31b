//! What every command of the sender needs to know.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use mambo_webhooks::send::{Guard, HttpOptions};
use mambo_webhooks::{Release, Renderer, Shims};

use crate::input::{read_profile, text};

/// Where events are kept, and how they are rendered and posted.
#[derive(clap::Args)]
#[command(next_help_heading = "Options of the sender")]
pub struct Setup {
    /// A file, or `postgres://…`.
    #[arg(long, global = true, env = "MAMBO_STORE", hide_env_values = true, default_value = "mambo-webhooks.db")]
    pub store: String,
    /// The server's release, which events are in and which endpoints that follow the latest one get.
    #[arg(long, global = true, env = "MAMBO_SERVER", default_value = "0.0.0")]
    server: String,
    /// A registry document.
    #[arg(long, global = true, env = "MAMBO_REGISTRY")]
    registry: Option<PathBuf>,
    /// A profile, as JSON.
    #[arg(long, global = true, env = "MAMBO_PROFILE")]
    profile: Option<PathBuf>,
    /// A private network that may be delivered to, such as 10.1.0.0/16. Never take this from customers.
    #[arg(long, global = true)]
    allow: Vec<ipnet::IpNet>,
    /// A file with certificates of authorities, PEM, that are trusted beside the system's.
    #[arg(long, global = true)]
    root_certificates: Option<PathBuf>,
    /// How long an attempt may take, in seconds.
    #[arg(long, global = true, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=300))]
    timeout_seconds: u64,
}

impl Setup {
    pub fn server(&self) -> Result<Release, String> {
        self.server.parse().map_err(|error| format!("--server {}: {error}", self.server))
    }

    pub fn renderer(&self) -> Result<Renderer, String> {
        let registry = self.registry.as_deref().map(text).transpose()?;
        let shims = registry.map_or_else(|| Ok(Shims::default()), |text| Shims::from_json(&text));
        let renderer = Renderer::new(
            read_profile(self.profile.as_deref())?,
            shims.map_err(|error| error.to_string())?,
            self.server()?,
        );
        renderer.map_err(|error| error.to_string())
    }

    pub fn http(&self) -> Result<HttpOptions, String> {
        let mut http = HttpOptions::new(Guard::allowing(self.allow.clone()));
        http.total_timeout = Duration::from_secs(self.timeout_seconds);
        if let Some(file) = &self.root_certificates {
            http.extra_roots.push(fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?);
        }
        Ok(http)
    }
}
