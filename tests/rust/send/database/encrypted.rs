//! Servers that demand TLS, and what each `sslmode` makes of their certificates.

use mambo_webhooks::send::{Postgres, Store};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use super::super::cluster::{Cluster, connect};
use super::shared::Shared;
use super::{PASSWORD, PASSWORD_ENCODED, refusal, url};

/// A server that demands TLS, with a certificate for `localhost`.
static LOCALHOST: Shared = Shared::new(|| demands_tls("localhost"));
/// A server that demands TLS, with a certificate for `db.internal`.
static DB_INTERNAL: Shared = Shared::new(|| demands_tls("db.internal"));

/// A server that demands TLS for its database `postgres`, with a certificate for a name. Its data folder also has
/// `authority.pem`, the authority of that certificate, and `other.pem`, another authority.
fn demands_tls(name: &str) -> Cluster {
    let authority = |name: &str| {
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.distinguished_name.push(DnType::CommonName, name);
        CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
    };
    let (issuer, other, key) = (authority("Issuer"), authority("Other"), KeyPair::generate().unwrap());
    let certificate = CertificateParams::new(vec![name.into()]).unwrap().signed_by(&key, &issuer).unwrap();
    let access = "hostssl postgres guarded 127.0.0.1/32 scram-sha-256\nhostssl postgres mambo 127.0.0.1/32 trust\n\
        host template1 mambo 127.0.0.1/32 trust\n";
    Cluster::start_with(&[
        ("postgresql.auto.conf", "ssl = on\n"),
        ("pg_hba.conf", access),
        ("server.crt", &certificate.pem()),
        ("server.key", &key.serialize_pem()),
        ("authority.pem", &issuer.pem()),
        ("other.pem", &other.pem()),
    ])
}

/// Whether the server says that all connections of stores are encrypted.
async fn is_encrypted(cluster: &Cluster) -> bool {
    let sql = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE application_name = 'mambo-webhooks'";
    let is_encrypted: Option<bool> = connect(&cluster.url("template1")).await.query_one(sql, &[]).await.unwrap().get(0);
    is_encrypted.expect("a store is connected")
}

#[tokio::test]
async fn the_server_refuses_sslmode_disable() {
    let cluster = LOCALHOST.get();
    assert_eq!(
        refusal(&url(&cluster, "127.0.0.1", "sslmode=disable")).await,
        "the store failed: no pg_hba.conf entry for host \"127.0.0.1\", user \"mambo\", database \"postgres\", \
         no encryption"
    );
}

#[tokio::test]
async fn loopback_without_an_sslmode_uses_tls_if_the_server_has_it() {
    let cluster = LOCALHOST.get();
    let _store = Postgres::connect(&cluster.url("postgres")).await.unwrap();
    assert!(is_encrypted(&cluster).await);
}

#[tokio::test]
async fn verify_full_accepts_the_name_and_the_authority() {
    let cluster = LOCALHOST.get();
    let options = "sslmode=verify-full&sslrootcert=DATA/authority.pem";
    let store = Postgres::connect(&url(&cluster, "localhost", options)).await.unwrap();
    assert!(is_encrypted(&cluster).await);
    store.counts(None).await.unwrap();
}

#[tokio::test]
async fn verify_full_refuses_a_certificate_for_another_name() {
    let cluster = DB_INTERNAL.get();
    let options = "sslmode=verify-full&sslrootcert=DATA/authority.pem";
    assert_eq!(
        refusal(&url(&cluster, "localhost", options)).await,
        "the store failed: error performing TLS handshake: invalid peer certificate: \
         certificate not valid for name \"localhost\"; certificate is only valid for DnsName(\"db.internal\")"
    );
}

#[tokio::test]
async fn verify_full_compares_the_name_and_not_the_address() {
    let cluster = DB_INTERNAL.get();
    let options = "hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert=DATA/authority.pem";
    Postgres::connect(&url(&cluster, "db.internal", options)).await.unwrap();
}

#[tokio::test]
async fn verify_ca_accepts_a_certificate_for_another_name() {
    let cluster = DB_INTERNAL.get();
    let options = "sslmode=verify-ca&sslrootcert=DATA/authority.pem";
    let _store = Postgres::connect(&url(&cluster, "localhost", options)).await.unwrap();
    assert!(is_encrypted(&cluster).await);
}

#[tokio::test]
async fn verify_full_and_verify_ca_refuse_another_authority() {
    let cluster = LOCALHOST.get();
    let sentence = "the store failed: error performing TLS handshake: invalid peer certificate: UnknownIssuer";
    for mode in ["verify-full", "verify-ca"] {
        for options in [format!("sslmode={mode}"), format!("sslmode={mode}&sslrootcert=DATA/other.pem")] {
            assert_eq!(refusal(&url(&cluster, "localhost", &options)).await, sentence, "{options}");
        }
    }
}

#[tokio::test]
async fn require_encrypts_and_needs_no_authority() {
    let cluster = LOCALHOST.get();
    let _store = Postgres::connect(&url(&cluster, "localhost", "sslmode=require")).await.unwrap();
    assert!(is_encrypted(&cluster).await);
}

#[tokio::test]
async fn channel_binding_may_be_required() {
    let cluster = LOCALHOST.get();
    let make = format!("CREATE ROLE guarded LOGIN PASSWORD '{PASSWORD}'");
    connect(&cluster.url("template1")).await.batch_execute(&make).await.unwrap();
    Postgres::migrate(&cluster.url("postgres"), Some("guarded")).await.unwrap();
    let url = url(&cluster, "localhost", "sslmode=require&channel_binding=require");
    let url = url.replace("mambo@", &format!("guarded:{PASSWORD_ENCODED}@"));
    Postgres::connect(&url).await.unwrap().counts(None).await.unwrap();
}
