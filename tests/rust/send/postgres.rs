//! PostgreSQL as the store: the suite of all stores on a real server, and what is particular to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mambo_webhooks::send::{AddressPolicy, Endpoint, Postgres, SendError, State, Store, Tenant, now};
use mambo_webhooks::{UnixMillis, Version};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::cluster::{Cluster, connect};
use super::store;
use super::store::Clocked;

/// A store whose clock, a function of the database, the test replaces.
struct OnPostgres {
    store: Postgres,
    client: tokio_postgres::Client,
}

impl OnPostgres {
    async fn new(url: &str) -> Self {
        let (store, client) = (Postgres::connect(url).await.unwrap(), connect(url).await);
        let clock = "CREATE TABLE test_clock (now bigint); INSERT INTO test_clock VALUES (0);
            CREATE OR REPLACE FUNCTION mambo_now() RETURNS bigint LANGUAGE sql AS 'SELECT now FROM test_clock'";
        client.batch_execute(clock).await.unwrap();
        Self { store, client }
    }
}

impl Clocked for OnPostgres {
    type Store = Postgres;

    fn store(&self) -> &Postgres {
        &self.store
    }

    async fn set(&self, now: UnixMillis) {
        self.client.batch_execute(&format!("UPDATE test_clock SET now = {}", now.0)).await.unwrap();
    }

    async fn sql(&self, sql: &str) {
        self.client.batch_execute(&sql.replace("TABLE:", "mambo_")).await.unwrap();
    }
}

/// One server for all of it, a database for each.
#[tokio::test(flavor = "multi_thread")]
async fn every_law_of_a_store_holds() {
    let cluster = Cluster::start();
    macro_rules! suite {
        ($($name:ident)*) => {
            $(
                println!("{}", stringify!($name));
                store::$name(&OnPostgres::new(&cluster.database().await).await).await;
            )*
        };
    }
    store::laws!(suite);
    let old = cluster.database().await;
    let client = connect(&old).await;
    client.batch_execute(include_str!("fixtures/postgres-13fcaee.sql")).await.unwrap();
    let one_type = r#"UPDATE mambo_endpoint SET kinds = '{ActivityCreated}',
        settings = (settings::jsonb || '{"kinds": ["ActivityCreated"]}')::text WHERE id = 'ok'"#;
    assert_eq!(client.execute(one_type, &[]).await.unwrap(), 1);
    store::a_store_of_the_release_before_goes_on(&OnPostgres::new(&old).await).await;
    events_join_the_callers_transaction(&cluster.database().await).await;
    the_clock_is_the_database_s(&cluster.database().await).await;
    tables_of_a_newer_release(&cluster.database().await).await;
    two_that_start_at_once(&cluster.database().await).await;
}

/// A server that is gone without a word, in the middle of a transaction on every connection that there may be: an error
/// for each, and then other connections.
#[tokio::test]
async fn a_database_that_falls_silent() {
    const CONNECTIONS: usize = 16;
    let cluster = Cluster::start();
    let url = cluster.database().await;
    let (port, are_silent) = silent_after(b"FROM mambo_enqueue", CONNECTIONS, &url).await;
    let server = url.split(['@', '/']).nth(3).unwrap();
    let store = Postgres::connect(&url.replace(server, &format!("127.0.0.1:{port}"))).await.unwrap();
    let mut callers = JoinSet::new();
    for number in 0..CONNECTIONS {
        let (store, event) = (store.clone(), store::event("Other").id(&format!("e-{number}")));
        callers.spawn(async move { store.enqueue(Tenant::default(), vec![event]).await });
    }
    are_silent.notified().await;
    // Nothing is left to wait for but time, which passes at once.
    tokio::time::pause();
    for answer in callers.join_all().await {
        assert_eq!(answer.unwrap_err().to_string(), "the store failed: no answer within 30 s");
    }
    tokio::time::resume();
    let taken = store.enqueue(Tenant::default(), vec![store::event("Other").id("e-1")]).await.unwrap();
    assert!(taken[0].is_new, "what was not committed is not there, and the store goes on");
}

/// A way to a database on which nothing moves any more, in either direction, once a client has said these words. Only
/// so many connections fall silent; when all of them have, that is told.
async fn silent_after(words: &'static [u8], connections: usize, url: &str) -> (u16, Arc<Notify>) {
    let upstream = url.split(['@', '/']).nth(3).unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let are_silent = Arc::new(Notify::new());
    let (tell, silent) = (Arc::clone(&are_silent), Arc::new(AtomicUsize::new(0)));
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let server = TcpStream::connect(&upstream).await.unwrap();
            let (tell, silent) = (Arc::clone(&tell), Arc::clone(&silent));
            tokio::spawn(async move {
                let ((mut said, mut hears), (mut answers, mut asked)) = (client.into_split(), server.into_split());
                let mut buffer = vec![0; 65_536];
                let heard = async {
                    loop {
                        let count = said.read(&mut buffer).await.unwrap_or(0);
                        if count == 0 {
                            return false;
                        }
                        let has = buffer[..count].windows(words.len()).any(|window| window == words);
                        if has && silent.load(Ordering::SeqCst) < connections {
                            return true;
                        }
                        asked.write_all(&buffer[..count]).await.unwrap();
                    }
                };
                let back = tokio::io::copy(&mut answers, &mut hears);
                let is_silent = tokio::select! { heard = heard => heard, _ = back => false };
                if is_silent {
                    if silent.fetch_add(1, Ordering::SeqCst) + 1 == connections {
                        tell.notify_one();
                    }
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    (port, are_silent)
}

async fn events_join_the_callers_transaction(url: &str) {
    let store = Postgres::connect(url).await.unwrap();
    let endpoint = Endpoint::new("e".into(), store::settings(), State::Enabled, &AddressPolicy::public_only()).unwrap();
    store.add_endpoint(endpoint, Version::new(9, 0, 0)).await.unwrap();
    let mut client = connect(url).await;
    client.batch_execute("CREATE TABLE orders (id bigint)").await.unwrap();
    for (commits, waiting) in [(false, 1), (true, 2)] {
        let transaction = client.transaction().await.unwrap();
        transaction.execute("INSERT INTO orders VALUES (7)", &[]).await.unwrap();
        let taken = store.enqueue_in(&transaction, &Tenant::default(), vec![store::event("Other")]).await.unwrap();
        assert_eq!(taken[0].deliveries, 1);
        if commits {
            transaction.commit().await.unwrap();
        } else {
            transaction.rollback().await.unwrap();
        }
        assert_eq!(store.counts(None).await.unwrap().waiting(), waiting);
    }
    let orders: i64 = client.query_one("SELECT count(*) FROM orders", &[]).await.unwrap().get(0);
    assert_eq!(orders, 1);
}

async fn the_clock_is_the_database_s(url: &str) {
    let store = Postgres::connect(url).await.unwrap();
    let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
    let database = UnixMillis(connect(url).await.query_one(sql, &[]).await.unwrap().get(0));
    assert!(store.now().await.unwrap().since(database).abs() < 2000 && now().since(database).abs() < 2000);
}

async fn tables_of_a_newer_release(url: &str) {
    Postgres::connect(url).await.unwrap();
    connect(url).await.batch_execute("INSERT INTO mambo_schema VALUES (99)").await.unwrap();
    let problem = Postgres::connect(url).await.unwrap_err();
    assert_eq!(problem, SendError::StoreNewer { found: 99, known: 2 });
    let nowhere = Postgres::connect("postgres://mambo@127.0.0.1:1/none").await.unwrap_err();
    assert_eq!(nowhere.to_string(), "the store failed: error connecting to server: Connection refused (os error 111)");
}

async fn two_that_start_at_once(url: &str) {
    let (left, right) = tokio::join!(Postgres::connect(url), Postgres::connect(url));
    assert!(left.is_ok() && right.is_ok());
}
