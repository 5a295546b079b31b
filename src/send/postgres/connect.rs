//! From a URL to connections: TLS, several hosts, timeouts.

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, QueueMode, RecyclingMethod, Runtime};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::connection;
use super::tls::{Checked, LenientVerifier};
use crate::send::error::SendError;

/// Most connections of one process, beside the one that listens.
const CONNECTIONS: usize = 16;
/// How long to wait for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one host may take to accept a connection, before the next one is tried.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long sent data may stay unacknowledged before a connection is lost: a server that fell silent.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(5);

/// How to reach the database.
#[derive(Clone)]
pub(super) struct Target {
    pub config: Config,
    pub tls: MakeRustlsConnect,
}

impl Target {
    /// Reads a URL as libpq does: `postgres://user:password@host:port,host:port/database?sslmode=…`.
    ///
    /// # Errors
    /// `store_failed`.
    pub(super) fn from_url(url: &str) -> Result<Self, SendError> {
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(failed(&"the store is no URL that begins with postgres://"));
        }
        let (url, options) = split(url)?;
        let mut config: Config = url.parse().map_err(|error| connection::failed(&error))?;
        let roots = options.iter().rev().find(|(name, _)| name == "sslrootcert").map(|(_, file)| file.as_str());
        let mode = options.iter().rev().find(|(name, _)| name == "sslmode").map(|(_, mode)| mode.as_str());
        let (mode, checked) = match mode {
            None if is_local(&config) => (SslMode::Prefer, Checked::Nothing),
            None | Some("verify-full") => (SslMode::Require, Checked::ChainAndName),
            Some("verify-ca") => (SslMode::Require, Checked::Chain),
            // As in libpq, a file of authorities is never ignored.
            Some("require") if roots.is_some() => (SslMode::Require, Checked::Chain),
            Some("require") => (SslMode::Require, Checked::Nothing),
            Some("prefer") => (SslMode::Prefer, Checked::Nothing),
            Some("disable") => (SslMode::Disable, Checked::Nothing),
            Some(_) => {
                let what = "sslmode is none of disable, prefer, require, verify-ca, verify-full".into();
                return Err(SendError::StoreFailed { what });
            }
        };
        config.ssl_mode(mode);
        if config.get_application_name().is_none() {
            config.application_name("mambo-webhooks");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(SILENCE_TIMEOUT);
        }
        if config.get_keepalives_interval().is_none() {
            config.keepalives_idle(SILENCE_TIMEOUT).keepalives_interval(SILENCE_TIMEOUT).keepalives_retries(1);
        }
        Ok(Self { config, tls: MakeRustlsConnect::new(client(checked, roots)?) })
    }

    /// A pool of connections that come up when they are needed.
    ///
    /// # Errors
    /// `store_failed`.
    pub(super) fn pool(&self) -> Result<Pool, SendError> {
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(self.config.clone(), self.tls.clone(), recycling);
        // The connection that was used last is used next: it has its plans already.
        let pool = Pool::builder(manager).max_size(CONNECTIONS).queue_mode(QueueMode::Lifo).runtime(Runtime::Tokio1);
        pool.wait_timeout(Some(ACQUIRE_TIMEOUT)).build().map_err(|error| failed(&error))
    }
}

fn failed(what: &dyn ToString) -> SendError {
    SendError::StoreFailed { what: what.to_string() }
}

/// The URL without the options that this library reads itself, and those options.
fn split(url: &str) -> Result<(String, Vec<(String, String)>), SendError> {
    let Some((base, query)) = url.split_once('?') else { return Ok((url.to_string(), Vec::new())) };
    let (mut own, mut rest) = (Vec::new(), Vec::new());
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some((name @ ("sslmode" | "sslrootcert"), value)) => own.push((name.to_string(), decoded(value)?)),
            _ => rest.push(pair),
        }
    }
    let rest = rest.join("&");
    Ok((if rest.is_empty() { base.to_string() } else { [base, "?", &rest].concat() }, own))
}

/// A value of a URL's query without its percent signs.
fn decoded(value: &str) -> Result<String, SendError> {
    // Through a URL of no meaning, so that it is decoded as URLs are.
    let url = reqwest::Url::parse(&["http://localhost/?", "value=", value].concat());
    let url = url.map_err(|_| SendError::StoreFailed { what: "the URL's options cannot be read".into() })?;
    Ok(url.query_pairs().next().map(|(_, value)| value.into_owned()).unwrap_or_default())
}

/// Whether every host is this machine, so that no other machine can read what goes there.
fn is_local(config: &Config) -> bool {
    let is_loopback = |address: &IpAddr| address.is_loopback();
    let hosts = config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|address| is_loopback(&address)),
        #[cfg(unix)]
        Host::Unix(_) => true,
    });
    if config.get_hostaddrs().is_empty() { hosts } else { config.get_hostaddrs().iter().all(is_loopback) }
}

/// The TLS client: certificates are checked against those in the file `roots`, or against the system's.
fn client(checked: Checked, roots: Option<&str>) -> Result<ClientConfig, SendError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| failed(&error))?;
    if checked == Checked::Nothing {
        let verifier = LenientVerifier::unchecked(&provider);
        return Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth());
    }
    let mut store = RootCertStore::empty();
    match roots {
        None | Some("system") => {
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        Some(file) => {
            let unread = |error: &dyn ToString| failed(&["sslrootcert ", file, ": ", &error.to_string()].concat());
            for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unread(&error))? {
                let certificate = certificate.map_err(|error| unread(&error))?;
                store.add(certificate).map_err(|error| unread(&error))?;
            }
        }
    }
    if checked == Checked::ChainAndName {
        return Ok(builder.with_root_certificates(store).with_no_client_auth());
    }
    let verifier = LenientVerifier::chain_only(store, &provider).map_err(|error| failed(&error))?;
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str) -> (SslMode, Vec<Host>) {
        let target = Target::from_url(url).unwrap();
        (target.config.get_ssl_mode(), target.config.get_hosts().to_vec())
    }

    #[test]
    fn requires_tls_of_a_host_that_is_not_this_machine_unless_told_otherwise() {
        for (url, expected) in [
            ("postgres://u@db.example.com/d", SslMode::Require),
            ("postgres://u@10.0.0.7/d", SslMode::Require),
            ("postgres://u@localhost,db.example.com/d", SslMode::Require),
            ("postgres://u@db.example.com/d?sslmode=disable", SslMode::Disable),
            ("postgres://u@db.example.com/d?sslmode=prefer", SslMode::Prefer),
            ("postgres://u@127.0.0.1/d", SslMode::Prefer),
            ("postgres://u@localhost/d?sslmode=verify-full", SslMode::Require),
            ("postgres://u@%2Frun%2Fpostgresql/d", SslMode::Prefer),
        ] {
            assert_eq!(mode(url).0, expected, "{url}");
        }
        let problem = Target::from_url("postgres://u@db/d?sslmode=verify").err().unwrap();
        assert_eq!(
            problem.to_string(),
            "the store failed: sslmode is none of disable, prefer, require, verify-ca, verify-full"
        );
    }

    #[test]
    fn reads_several_hosts_and_keeps_the_other_options() {
        let url = "postgres://u@a:5432,b:5433/d?sslmode=require&target_session_attrs=read-write&connect_timeout=2";
        let target = Target::from_url(url).unwrap();
        assert_eq!(target.config.get_hosts().len(), 2);
        assert_eq!(target.config.get_connect_timeout(), Some(&Duration::from_secs(2)));
        assert_eq!(target.config.get_target_session_attrs(), tokio_postgres::config::TargetSessionAttrs::ReadWrite);
    }

    #[test]
    fn names_a_file_of_roots_that_is_not_there() {
        let problem = Target::from_url("postgres://u@db/d?sslrootcert=%2Fnot%20there.pem").err().unwrap();
        assert!(problem.to_string().starts_with("the store failed: sslrootcert /not there.pem: "), "{problem}");
    }
}
