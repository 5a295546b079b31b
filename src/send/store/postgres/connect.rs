//! From a URL to connections: TLS, several hosts, timeouts.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::IpAddr;
use core::pin::Pin;
use core::time::Duration;

use deadpool_postgres::{Connect, Manager, ManagerConfig, Pool, QueueMode, RecyclingMethod, Runtime};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::task::{JoinHandle, JoinSet};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, Error, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;
use tracing::warn;

use super::connection;
use super::tls::{Checked, LenientVerifier};
use crate::send::error::SendError;

/// Most connections of one process, beside the one that listens.
const CONNECTIONS: usize = 16;
/// How long to wait for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one host may take to accept a connection, before the next one is tried.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long all of a new connection may take: a host may accept it and then say nothing.
pub(super) const LOGIN_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a host may say nothing before the next one is tried beside it.
const STAGGER: Duration = Duration::from_millis(500);
/// How long sent data may stay unacknowledged before a connection is lost: a server that fell silent.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(3);

/// How to reach the database.
#[derive(Clone)]
pub(super) struct Target {
    config: Config,
    /// The connection options of each host alone.
    hosts: Vec<Config>,
    tls: MakeRustlsConnect,
}

/// A client, and the connection that has to be polled for it.
pub(super) type Connected = (Client, Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>);

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
        let count = config.get_hosts().len().max(config.get_hostaddrs().len());
        let hosts = (0..count).map(|place| only(&config, place)).collect();
        Ok(Self { config, hosts, tls: MakeRustlsConnect::new(client(checked, roots)?) })
    }

    /// A pool of connections that come up when they are needed.
    ///
    /// # Errors
    /// `store_failed`.
    pub(super) fn pool(&self) -> Result<Pool, SendError> {
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_connect(self.config.clone(), self.clone(), recycling);
        // The connection that was used last is used next: it has its plans already.
        let pool = Pool::builder(manager).max_size(CONNECTIONS).queue_mode(QueueMode::Lifo).runtime(Runtime::Tokio1);
        let pool = pool.wait_timeout(Some(ACQUIRE_TIMEOUT)).create_timeout(Some(LOGIN_TIMEOUT));
        pool.build().map_err(|error| failed(&error))
    }

    /// Connects to the first host that answers and is what `target_session_attrs` asks for. They are tried in their
    /// order, but a host that is lost, or accepts connections and says nothing, delays the next one by [`STAGGER`]
    /// only.
    pub(super) async fn connect(&self) -> Result<Connected, Error> {
        let mut hosts = self.hosts.iter();
        let (mut attempts, mut problem) = (JoinSet::new(), None);
        loop {
            if let Some(host) = hosts.next() {
                let (host, tls) = (host.clone(), self.tls.clone());
                attempts.spawn(async move { host.connect(tls).await });
            }
            let ended = tokio::select! {
                ended = attempts.join_next() => ended,
                () = tokio::time::sleep(STAGGER), if hosts.len() > 0 => continue,
            };
            match ended {
                Some(Ok(Ok(connected))) => return Ok(connected),
                Some(Ok(Err(error))) => problem = Some(error),
                Some(Err(_)) => {}
                None => break,
            }
        }
        match problem {
            Some(error) => Err(error),
            // Without a host, for the error that says so.
            None => self.config.connect(self.tls.clone()).await,
        }
    }
}

impl Connect for Target {
    fn connect(
        &self,
        _: &Config,
    ) -> Pin<Box<dyn Future<Output = Result<(Client, JoinHandle<()>), Error>> + Send + '_>> {
        Box::pin(async {
            let (client, connection) = Self::connect(self).await?;
            let task = tokio::spawn(async move {
                if let Err(error) = connection.await {
                    warn!(%error, "a connection to the database was lost");
                }
            });
            Ok((client, task))
        })
    }
}

/// Connection options with one host of the list only. `Config` can add hosts, and not remove them.
fn only(all: &Config, place: usize) -> Config {
    let mut one = Config::new();
    match all.get_hosts().get(place) {
        Some(Host::Tcp(name)) => _ = one.host(name),
        #[cfg(unix)]
        Some(Host::Unix(path)) => _ = one.host_path(path),
        None => {}
    }
    if let Some(address) = all.get_hostaddrs().get(place) {
        one.hostaddr(*address);
    }
    if let Some(port) = all.get_ports().get(place).or_else(|| all.get_ports().first()) {
        one.port(*port);
    }
    if let Some(user) = all.get_user() {
        one.user(user);
    }
    if let Some(password) = all.get_password() {
        one.password(password);
    }
    if let Some(name) = all.get_dbname() {
        one.dbname(name);
    }
    if let Some(options) = all.get_options() {
        one.options(options);
    }
    if let Some(name) = all.get_application_name() {
        one.application_name(name);
    }
    if let Some(timeout) = all.get_connect_timeout() {
        one.connect_timeout(*timeout);
    }
    if let Some(timeout) = all.get_tcp_user_timeout() {
        one.tcp_user_timeout(*timeout);
    }
    if let Some(interval) = all.get_keepalives_interval() {
        one.keepalives_interval(interval);
    }
    if let Some(retries) = all.get_keepalives_retries() {
        one.keepalives_retries(retries);
    }
    one.keepalives(all.get_keepalives()).keepalives_idle(all.get_keepalives_idle());
    one.ssl_mode(all.get_ssl_mode()).ssl_negotiation(all.get_ssl_negotiation());
    one.channel_binding(all.get_channel_binding()).load_balance_hosts(all.get_load_balance_hosts());
    one.target_session_attrs(all.get_target_session_attrs());
    one
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
    let url = url::Url::parse(&["http://localhost/?", "value=", value].concat());
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
