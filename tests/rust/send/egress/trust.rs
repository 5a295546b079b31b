//! Certificates: the client's own, and which authorities are trusted.

use std::sync::Arc;

use mambo_webhooks::send::{Failure, HttpOptions, Poster};
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::server::WebPkiClientVerifier;

use super::{OK, ping, result};
use crate::send::receiver::{Manner, Receiver};

/// An authority, and a client's certificate by it with its key, in PEM.
fn client() -> (RootCertStore, String) {
    let mut params = CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["sender.test".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    (roots, format!("{}{}", certificate.pem(), key.serialize_pem()))
}

#[tokio::test]
async fn a_receiver_that_demands_a_client_certificate_gets_it() {
    let (roots, pem) = client();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
    let receiver = Receiver::start_with(vec![Manner::Says(OK.into())], Some(verifier)).await;
    let with = receiver.options().client_certificate(pem.as_bytes()).unwrap();
    assert_eq!(result(&ping(with, &receiver.url()).await), (Some(200), None));
    let (_, other) = client();
    let with_other = receiver.options().client_certificate(other.as_bytes()).unwrap();
    for without in [receiver.options(), with_other] {
        assert_eq!(result(&ping(without, &receiver.url()).await), (None, Some(Failure::TlsFailed)));
    }
    assert_eq!(receiver.requests().len(), 1);
}

#[test]
fn a_client_certificate_without_its_key_is_refused_at_once() {
    let ((_, pem), (_, other)) = (client(), client());
    let (certificate, key) = pem.split_at(pem.find("-----BEGIN PRIVATE").unwrap());
    let other_key = &other[other.find("-----BEGIN PRIVATE").unwrap()..];
    let refused =
        |pem: &str| Receiver::options_without_root().client_certificate(pem.as_bytes()).unwrap_err().to_string();
    let message = |why: &str| format!("the HTTP client could not be set up: client certificate: {why}");
    assert_eq!(refused(certificate), message("no private key in PEM"));
    assert_eq!(refused(key), message("no certificate in PEM"));
    assert_eq!(refused(""), message("no certificate in PEM"));
    assert!(refused(&[certificate, other_key].concat()).starts_with(&message("")));
}

#[tokio::test]
async fn a_bundle_of_authorities_is_read_whole_and_may_be_the_only_ones() {
    let [one, two] = [(); 2].map(|()| Receiver::start(vec![Manner::Says(OK.into())]));
    let (one, two) = (one.await, two.await);
    let bundle = [two.authority.as_slice(), b"\n# a comment\n", one.authority.as_slice()].concat();
    for http in [
        Receiver::options_without_root().extra_root(bundle.clone()),
        Receiver::options_without_root().extra_root(bundle).only_roots(),
    ] {
        for receiver in [&one, &two] {
            assert_eq!(result(&ping(http.clone(), &receiver.url()).await), (Some(200), None));
        }
    }
    let other = Receiver::options_without_root().extra_root(two.authority.clone()).only_roots();
    assert_eq!(result(&ping(other, &one.url()).await), (None, Some(Failure::TlsFailed)));
}

#[test]
fn authorities_that_cannot_be_read_are_refused_before_the_first_delivery() {
    let refused = |http: HttpOptions| Poster::new(&http).unwrap_err().to_string();
    let http = || Receiver::options_without_root().extra_root(b"nothing".to_vec());
    let message = "the HTTP client could not be set up: root certificates: no certificate in PEM";
    assert_eq!((refused(http()), refused(http().only_roots())), (message.into(), message.into()));
    let broken = b"-----BEGIN CERTIFICATE-----\nbm8gY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n".to_vec();
    let message = "the HTTP client could not be set up: root certificates: ";
    assert!(refused(Receiver::options_without_root().extra_root(broken)).starts_with(message));
}
