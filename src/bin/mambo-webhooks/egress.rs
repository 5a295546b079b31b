//! How deliveries leave: authorities, a client certificate, a proxy.

use std::fs;
use std::path::{Path, PathBuf};

use mambo_webhooks::send::{HttpOptions, Proxy, SendError};
use zeroize::Zeroizing;

use crate::input::text;
use crate::show::describe;

/// Certificates and the proxy.
#[derive(clap::Args)]
#[command(next_help_heading = "Options of the sender")]
pub struct Egress {
    /// A file with certificates of authorities, PEM, that are trusted beside the system's.
    #[arg(long, global = true)]
    root_certificates: Option<PathBuf>,
    /// Trust the authorities of `--root-certificates` alone, none of the system's.
    #[arg(long, global = true)]
    only_root_certificates: bool,
    /// A file with a certificate, its chain and its private key, PEM, for receivers that ask for one. Readable by you alone.
    #[arg(long, global = true, env = "MAMBO_CLIENT_CERTIFICATE")]
    client_certificate: Option<PathBuf>,
    /// A proxy that every https connection goes through by CONNECT, such as `http://proxy.internal:3128`. Give the worker and
    /// `endpoint add` the same. `HTTPS_PROXY` and the like are not read.
    #[arg(long, global = true, env = "MAMBO_PROXY", value_name = "URL")]
    proxy: Option<String>,
    /// A file with the user name and password for the proxy, as `name:password`. Or the same in the environment variable
    /// `MAMBO_PROXY_LOGIN`.
    #[arg(long, global = true, env = "MAMBO_PROXY_LOGIN_FILE", value_name = "FILE")]
    proxy_login: Option<PathBuf>,
    /// The proxy resolves names, and has to refuse addresses of your networks.
    #[arg(long, global = true, env = "MAMBO_PROXY_RESOLVES")]
    proxy_resolves: bool,
}

impl Egress {
    /// Adds what was asked for to the options.
    pub fn apply(&self, mut http: HttpOptions) -> Result<HttpOptions, String> {
        if let Some(file) = &self.root_certificates {
            http = http.extra_root(bytes(file)?.to_vec());
        }
        if self.only_root_certificates {
            if self.root_certificates.is_none() {
                return Err("--only-root-certificates needs --root-certificates".into());
            }
            http = http.only_roots();
        }
        if let Some(file) = &self.client_certificate {
            let pem = bytes(file)?;
            http = http.client_certificate(&pem).map_err(|error| format!("{}: {}", file.display(), describe(error)))?;
        }
        Ok(match self.proxy()? {
            Some(proxy) => http.proxy(proxy),
            None => http,
        })
    }

    fn proxy(&self) -> Result<Option<Proxy>, String> {
        let Some(url) = self.proxy.as_deref().filter(|url| !url.is_empty()) else {
            if self.proxy_login.is_some() || self.proxy_resolves {
                return Err("--proxy-login and --proxy-resolves need --proxy or MAMBO_PROXY".into());
            }
            return Ok(None);
        };
        let mut proxy = Proxy::new(url).map_err(describe)?;
        if let Some(login) = self.login()? {
            let from = self.proxy_login.as_ref().map_or("MAMBO_PROXY_LOGIN".into(), |file| file.display().to_string());
            let parts = login.trim_end().split_once(':');
            let (user, password) = parts.ok_or_else(|| format!("{from}: expected name:password"))?;
            proxy = proxy.login(user, password).map_err(describe)?;
        }
        Ok(Some(if self.proxy_resolves { proxy.resolves_names() } else { proxy }))
    }

    fn login(&self) -> Result<Option<Zeroizing<String>>, String> {
        match &self.proxy_login {
            Some(file) => Ok(Some(Zeroizing::new(text(file)?))),
            None => Ok(std::env::var("MAMBO_PROXY_LOGIN").ok().filter(|login| !login.is_empty()).map(Zeroizing::new)),
        }
    }
}

fn bytes(file: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    let failed = |error: std::io::Error| SendError::ClientFailed { what: error.to_string() };
    fs::read(file).map(Zeroizing::new).map_err(|error| format!("{}: {}", file.display(), describe(failed(error))))
}
