//! How PostgreSQL is reached in the field: TLS, passwords, roles, several hosts, a socket, a pooler, a caller's pool.

mod shared;
mod bouncer;
// Tests run in the order of their names: in modules, those that share a server run at the same time.
mod encrypted;

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use mambo_webhooks::Version;
use mambo_webhooks::send::store::{Capacity, Claim, Settled, Settlement};
use mambo_webhooks::send::store::{Effect, Next};
use mambo_webhooks::send::{
    AddressPolicy, AttemptRecord, AttemptResponse, DisableRule, Endpoint, EndpointSettings, NewEvent, Postgres, State,
    Store,
};

use super::cluster::Cluster;
use shared::Shared;

const SERVER: Version = Version::new(9, 0, 0);
const LEASE: Duration = Duration::from_secs(45);
const PASSWORD: &str = "correct horse battery staple";
/// The same password in a URL.
const PASSWORD_ENCODED: &str = "correct%20horse%20battery%20staple";

/// A server without TLS. One role needs a password.
static PLAIN: Shared = Shared::new(|| {
    let access = "host all guarded 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\nlocal all all trust\n";
    Cluster::start_with(&[("pg_hba.conf", access)])
});

/// The address of the database `postgres` under a host name, with options of which `DATA` is the data folder.
fn url(cluster: &Cluster, host: &str, options: &str) -> String {
    let options = options.replace("DATA", cluster.data().to_str().unwrap());
    format!("{}?{options}", cluster.url("postgres").replace("127.0.0.1", host))
}

/// The sentence with which a connection fails.
async fn refusal(url: &str) -> String {
    let problem = Postgres::connect(url).await.unwrap_err();
    assert_eq!(problem.code(), "store_failed");
    problem.to_string()
}

fn endpoint(id: &str) -> Endpoint {
    let settings = EndpointSettings::new("https://example.com/hook", PASSWORD);
    Endpoint::new(id.into(), settings, State::Enabled, &AddressPolicy::public_only()).unwrap()
}

fn event() -> NewEvent {
    NewEvent::new("Other", SERVER, "{}").unwrap()
}

async fn claim(store: &Postgres) -> Vec<Claim> {
    let capacity = Capacity { deliveries: 100, slow: 100, bytes: usize::MAX };
    store.claim(capacity, LEASE).await.unwrap().claims
}

/// Records the answer to each claim.
async fn settle(store: &Postgres, claims: &[Claim], status: u16, next: Next) {
    let now = store.now().await.unwrap();
    let settlement = |claim: &Claim| {
        let answer =
            AttemptResponse { status: Some(status), elapsed: Duration::from_millis(7), ..AttemptResponse::default() };
        let (number, is_manual) = (claim.attempts + 1, claim.is_manual);
        let attempt = AttemptRecord { number, is_manual, started: now, version: Some(SERVER), answer };
        Settlement { lease: claim.lease, endpoint: claim.endpoint.key(), attempt, next, effect: Effect::None }
    };
    let settlements = claims.iter().map(settlement).collect();
    let settled = store.settle(settlements, DisableRule::default(), SERVER).await.unwrap().settled;
    assert!(settled.iter().all(|settled| *settled == Settled::Done));
}

async fn counts(store: &Postgres) -> [u64; 4] {
    let counts = store.counts(None).await.unwrap();
    [counts.waiting(), counts.leased, counts.delivered, counts.dead]
}

/// Runs the program on a store.
fn program(store: &str, words: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mambo-webhooks"));
    command.args(words.split(' ')).args(["--store", store]).stdin(Stdio::null()).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

mod plain {
    use std::collections::HashSet;
    use std::time::Duration;

    use deadpool_postgres::{Manager, Pool};
    use mambo_webhooks::UnixMillis;
    use mambo_webhooks::send::store::Next;
    use mambo_webhooks::send::{LogQuery, Postgres, Prune, Selection, SendError, Store, Tenant};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::task::JoinSet;
    use tokio_postgres::NoTls;

    use super::super::cluster::{Cluster, connect};
    use super::bouncer::Bouncer;
    use super::{
        PASSWORD, PASSWORD_ENCODED, PLAIN, SERVER, claim, counts, endpoint, event, program, refusal, settle, text, url,
    };

    #[tokio::test]
    async fn modes_that_require_tls_refuse_the_server() {
        let cluster = PLAIN.get();
        for options in ["sslmode=require", "sslmode=verify-ca", "sslmode=verify-full"] {
            let problem = refusal(&url(&cluster, "localhost", options)).await;
            assert_eq!(problem, "the store failed: error performing TLS handshake: server does not support TLS");
        }
    }

    #[tokio::test]
    async fn nothing_is_sent_in_the_clear_when_tls_is_required() {
        const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("postgres://mambo:{PASSWORD_ENCODED}@{}/d?sslmode=require", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut sent = vec![0; SSL_REQUEST.len()];
            client.read_exact(&mut sent).await.unwrap();
            client.write_all(b"N").await.unwrap();
            client.read_to_end(&mut sent).await.unwrap();
            sent
        });
        let problem = refusal(&url).await;
        assert_eq!(problem, "the store failed: error performing TLS handshake: server does not support TLS");
        assert_eq!(server.await.unwrap(), SSL_REQUEST, "and then the end of the connection");
    }

    #[tokio::test]
    async fn prefer_goes_on_without_tls() {
        let cluster = PLAIN.get();
        Postgres::connect(&url(&cluster, "localhost", "sslmode=prefer")).await.unwrap();
    }

    #[tokio::test]
    async fn connects_through_a_socket() {
        let cluster = PLAIN.get();
        let socket = cluster.data().to_str().unwrap().replace('/', "%2F");
        let url = cluster.database().await.replace("127.0.0.1", &socket);
        Postgres::connect(&url).await.unwrap().counts(None).await.unwrap();
    }

    #[tokio::test]
    async fn a_host_that_is_down_is_passed_over() {
        let cluster = PLAIN.get();
        let url = cluster.database().await.replace("127.0.0.1", "127.0.0.1:1,127.0.0.1");
        Postgres::connect(&url).await.unwrap().counts(None).await.unwrap();
    }

    #[tokio::test]
    async fn target_session_attrs_passes_over_a_read_only_server() {
        let read_only = Cluster::start_with(&[("postgresql.auto.conf", "default_transaction_read_only = on\n")]);
        let writable = PLAIN.get();
        let hosts = format!("127.0.0.1:{},127.0.0.1", read_only.port);
        let url = writable.url("postgres").replace("127.0.0.1", &hosts);
        let problem = refusal(&url).await;
        assert_eq!(problem, "the store failed: cannot execute CREATE TABLE in a read-only transaction");
        let store = Postgres::connect(&format!("{url}?target_session_attrs=read-write")).await.unwrap();
        store.add_endpoint(endpoint("on-the-second"), SERVER).await.unwrap();
        let sql = "SELECT count(*) FROM mambo_endpoint WHERE id LIKE '%on-the-second'";
        let found: i64 = connect(&writable.url("postgres")).await.query_one(sql, &[]).await.unwrap().get(0);
        assert_eq!(found, 1);
    }

    #[tokio::test]
    async fn a_connection_that_is_refused_says_so() {
        assert_eq!(
            refusal(&format!("postgres://mambo:{PASSWORD_ENCODED}@127.0.0.1:1/none")).await,
            "the store failed: error connecting to server: Connection refused (os error 111)"
        );
    }

    #[tokio::test]
    async fn a_wrong_password_is_refused_and_never_shown() {
        let cluster = PLAIN.get();
        let url = cluster.database().await;
        let make = format!("CREATE ROLE guarded LOGIN PASSWORD '{PASSWORD}'");
        connect(&url).await.batch_execute(&make).await.unwrap();
        Postgres::migrate(&url, Some("guarded")).await.unwrap();
        let guarded = |password: &str| url.replace("mambo@", &format!("guarded:{password}@"));
        let right = guarded(PASSWORD_ENCODED);
        Postgres::connect(&right).await.unwrap().counts(None).await.unwrap();
        let wrong = guarded("hunter2");
        let sentence = "the store failed: password authentication failed for user \"guarded\"";
        assert_eq!(refusal(&wrong).await, sentence);
        let output = program(&wrong, "stats");
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(text(&output.stderr), format!("mambo-webhooks: store_failed: {sentence}\n"));
        assert_eq!(text(&output.stdout), "");
    }

    #[tokio::test]
    async fn an_owner_migrates_and_a_role_that_may_not_create_tables_does_the_rest() {
        let cluster = PLAIN.get();
        let database = cluster.database().await;
        let name = database.rsplit('/').next().unwrap();
        let make = format!("CREATE ROLE owner LOGIN; CREATE ROLE app LOGIN; ALTER DATABASE {name} OWNER TO owner");
        connect(&database).await.batch_execute(&make).await.unwrap();
        let (owner, app) = (database.replace("mambo@", "owner@"), database.replace("mambo@", "app@"));

        let problem = Postgres::connect(&app).await.unwrap_err();
        assert_eq!(problem, SendError::StoreOlder { found: 0, needed: 2 });
        assert_eq!(
            problem.to_string(),
            "the store has schema 0, needs 2; run `mambo-webhooks migrate` with a role that may create tables"
        );
        let migrated = program(&owner, "migrate --grant-to app");
        assert_eq!((text(&migrated.stdout), text(&migrated.stderr)), ("migrated\n", ""));

        let store = Postgres::connect(&app).await.unwrap();
        store.add_endpoint(endpoint("e"), SERVER).await.unwrap();
        settle(&store, &claim(&store).await, 204, Next::Delivered).await;
        store.enqueue(Tenant::default(), vec![event()]).await.unwrap();
        settle(&store, &claim(&store).await, 500, Next::Dead).await;
        assert_eq!(counts(&store).await, [0, 0, 1, 1]);
        assert_eq!(store.retry(Tenant::default(), Selection::Dead { endpoint: None }).await.unwrap(), 1);
        assert_eq!(counts(&store).await, [1, 0, 1, 0]);
        let before = UnixMillis(store.now().await.unwrap().0 + 1);
        let pruned = store.prune(Prune::before(before).with_dead(), 0).await.unwrap();
        assert_eq!(pruned.0, 1, "the Ping; the other event waits");
        let stats = program(&app, "stats");
        assert!(text(&stats.stdout).starts_with("waiting 1  leased 0  delivered 0  dead 0  oldest "), "{stats:?}");
    }

    #[tokio::test]
    async fn a_read_only_role_may_look_and_not_send() {
        let cluster = PLAIN.get();
        let url = cluster.database().await;
        connect(&url).await.batch_execute("CREATE ROLE reader LOGIN").await.unwrap();
        Postgres::migrate(&url, Some("reader")).await.unwrap();
        let limit = "ALTER ROLE reader SET default_transaction_read_only = on";
        connect(&url).await.batch_execute(limit).await.unwrap();
        let reader = url.replace("mambo@", "reader@");

        let stats = program(&reader, "stats");
        assert_eq!(text(&stats.stdout), "waiting 0  leased 0  delivered 0  dead 0\n");
        let data = cluster.data().join("event.json");
        std::fs::write(&data, "{}").unwrap();
        let sent = program(&reader, &format!("send --type Ping --data {}", data.display()));
        assert_eq!(
            text(&sent.stderr),
            "mambo-webhooks: store_failed: the store failed: cannot execute SELECT in a read-only transaction\n",
            "PostgreSQL names the statement, which selects from a function that inserts"
        );
        assert_eq!(sent.status.code(), Some(1));
    }

    #[tokio::test]
    async fn works_on_a_pool_and_in_a_transaction_of_the_caller() {
        let cluster = PLAIN.get();
        let url = cluster.database().await;
        let pool = Pool::builder(Manager::new(url.parse().unwrap(), NoTls)).max_size(2).build().unwrap();
        let store = Postgres::from_pool(pool.clone()).await.unwrap();
        store.add_endpoint(endpoint("e"), SERVER).await.unwrap();
        let mut client = pool.get().await.unwrap();
        for (commits, waiting) in [(false, 1), (true, 2)] {
            let transaction = client.transaction().await.unwrap();
            let taken = store.enqueue_in(&*transaction, &Tenant::default(), vec![event()]).await.unwrap();
            assert_eq!((taken[0].deliveries, taken[0].is_new), (1, true));
            if commits {
                transaction.commit().await.unwrap();
            } else {
                transaction.rollback().await.unwrap();
            }
            assert_eq!(counts(&store).await, [waiting, 0, 0, 0]);
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn works_through_pgbouncer_in_transaction_mode() {
        let cluster = PLAIN.get();
        let bouncer = Bouncer::start(&cluster);
        let direct = cluster.database().await;
        let url = direct.replace(&cluster.port.to_string(), &bouncer.port.to_string());
        let (left, right) = tokio::join!(Postgres::connect(&url), Postgres::connect(&url));
        let (left, right) = (left.unwrap(), right.unwrap());
        left.add_endpoint(endpoint("e"), SERVER).await.unwrap();

        // `changed` ends twice when the store listens: for who waits, and for who waits next. If it ended again without
        // a change, workers would spin.
        for _ in 0..2 {
            tokio::time::timeout(Duration::from_secs(60), left.changed()).await.expect("LISTEN is accepted");
        }
        let many_statements = async {
            for _ in 0..200 {
                left.now().await.unwrap();
            }
        };
        tokio::select! {
            biased;
            () = left.changed() => panic!("nothing changed"),
            () = many_statements => {}
        }

        let mut senders = JoinSet::new();
        for sender in 0..8 {
            let store = if sender % 2 == 0 { left.clone() } else { right.clone() };
            senders.spawn(async move {
                for number in (sender..50).step_by(8) {
                    let taken =
                        store.enqueue(Tenant::default(), vec![event().id(&format!("e-{number}"))]).await.unwrap();
                    assert_eq!((taken[0].deliveries, taken[0].is_new), (1, true));
                }
            });
        }
        senders.join_all().await;
        assert_eq!(counts(&left).await, [51, 0, 0, 0]);

        let mut claimed = HashSet::new();
        while counts(&right).await[0] > 0 {
            let (of_left, of_right) = tokio::join!(claim(&left), claim(&right));
            for (store, claims) in [(&left, of_left), (&right, of_right)] {
                assert!(claims.iter().all(|claim| claimed.insert(claim.lease.delivery)), "each is claimed once");
                settle(store, &claims, 204, Next::Delivered).await;
            }
        }
        assert_eq!(counts(&left).await, [0, 0, 51, 0]);
        let lines = right.log(LogQuery::default().limit(100)).await.unwrap();
        assert_eq!(lines.len(), 51);
        let health = right.health(None, UnixMillis(0)).await.unwrap();
        assert_eq!((health[0].attempts, health[0].delivered, health[0].waiting), (50, 50, 0));
        let before = UnixMillis(left.now().await.unwrap().0 + 1);
        assert_eq!(left.prune(Prune::before(before), 0).await.unwrap().0, 51);
        assert_eq!(counts(&right).await, [0, 0, 0, 0]);
    }
}
