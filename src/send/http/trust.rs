//! TLS: which authorities are trusted, and which certificate is shown.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt::Display;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use crate::send::error::SendError;

/// A certificate with its chain and its private key.
pub(crate) struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// What TLS is set to, for each protocol and peer.
pub(super) struct Tls {
    /// To receivers, over HTTP/1.1.
    pub http1: Arc<ClientConfig>,
    /// To receivers that speak HTTP/2 only.
    pub http2: Arc<ClientConfig>,
    /// To the proxy, which never sees the client's certificate.
    pub proxy: Arc<ClientConfig>,
}

fn failed(what: &str, why: &dyn Display) -> SendError {
    SendError::ClientFailed { what: format!("{what}: {why}") }
}

/// The certificates of a PEM text; at least one.
fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(|_| "the PEM is malformed")?;
    if found.is_empty() { Err("no certificate in PEM".into()) } else { Ok(found) }
}

impl Identity {
    pub(super) fn from_pem(pem: &[u8]) -> Result<Self, SendError> {
        const WHAT: &str = "client certificate";
        let chain = certificates(pem).map_err(|why| failed(WHAT, &why))?;
        let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| failed(WHAT, &"no private key in PEM"))?;
        let identity = Self { chain, key };
        // A key of another certificate is found now, not at the first delivery.
        let config = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
        let config = config.map_err(|error| failed(WHAT, &error))?.with_root_certificates(RootCertStore::empty());
        config
            .with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())
            .map_err(|error| failed(WHAT, &error))?;
        Ok(identity)
    }
}

fn provider() -> Arc<CryptoProvider> {
    CryptoProvider::get_default().map_or_else(|| Arc::new(aws_lc_rs::default_provider()), Arc::clone)
}

impl Tls {
    /// Trusts `roots`, PEM, beside the system's authorities or alone, and shows the identity to receivers.
    pub(super) fn new(roots: &[Vec<u8>], only_roots: bool, identity: Option<&Identity>) -> Result<Self, SendError> {
        let verifier = verifier(roots, only_roots)?;
        let config = |identity: Option<&Identity>, protocol: &[u8]| {
            let config = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
            let config = config.dangerous().with_custom_certificate_verifier(Arc::clone(&verifier));
            let mut config = match identity {
                Some(Identity { chain, key }) => config.with_client_auth_cert(chain.clone(), key.clone_key())?,
                None => config.with_no_client_auth(),
            };
            config.alpn_protocols = alloc::vec![protocol.to_vec()];
            Ok(Arc::new(config))
        };
        let failed = |error: rustls::Error| failed("TLS", &error);
        Ok(Self {
            http1: config(identity, b"http/1.1").map_err(failed)?,
            http2: config(identity, b"h2").map_err(failed)?,
            proxy: config(None, b"http/1.1").map_err(failed)?,
        })
    }
}

fn verifier(pems: &[Vec<u8>], only_roots: bool) -> Result<Arc<dyn ServerCertVerifier>, SendError> {
    const WHAT: &str = "root certificates";
    let mut roots = Vec::new();
    for pem in pems {
        roots.extend(certificates(pem).map_err(|why| failed(WHAT, &why))?);
    }
    if only_roots {
        let mut store = RootCertStore::empty();
        for root in roots {
            store.add(root).map_err(|error| failed(WHAT, &error))?;
        }
        let built = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider()).build();
        return Ok(built.map_err(|error| failed(WHAT, &error))?);
    }
    let verifier = Verifier::new_with_extra_roots(roots, provider()).map_err(|error| failed(WHAT, &error))?;
    Ok(Arc::new(verifier))
}
