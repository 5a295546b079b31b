//! PostgreSQL as the store: the suite of all stores on a real server, and what is particular to it.

#![cfg(feature = "postgres")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    unreachable_pub,
    reason = "a test fails by panicking"
)]

#[path = "send/cluster.rs"]
mod cluster;
#[path = "send/store.rs"]
mod store;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cluster::Cluster;
use mambo_webhooks::send::{Endpoint, Guard, Postgres, SendError, State, Store, now};
use mambo_webhooks::{Release, UnixMillis};
use sqlx::{Connection, Executor, PgConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// One server for all of it, a database for each.
#[tokio::test(flavor = "multi_thread")]
async fn every_law_of_a_store_holds() {
    let cluster = Cluster::start();
    macro_rules! suite {
        ($($name:ident)*) => {
            $(
                println!("{}", stringify!($name));
                store::$name(&Postgres::connect(&cluster.database().await).await.unwrap()).await;
            )*
        };
    }
    suite! {
        fans_out takes_each_event_once fences sets_poison_aside retries_and_logs retries_by_hand forgets disables recovers shares
        lanes_do_not_starve_each_other lanes_share_an_endpoint rotates hands_out_once
    }
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
    let (port, are_silent) = silent_after(b"INSERT INTO mambo_event", CONNECTIONS, &url).await;
    let server = url.split(['@', '/']).nth(3).unwrap();
    let store = Postgres::connect(&url.replace(server, &format!("127.0.0.1:{port}"))).await.unwrap();
    let mut callers = JoinSet::new();
    for number in 0..CONNECTIONS {
        let (store, event) = (store.clone(), store::event("Other").id(&format!("e-{number}")));
        callers.spawn(async move { store.enqueue(vec![event], UnixMillis(0)).await });
    }
    are_silent.notified().await;
    // Nothing is left to wait for but time, which passes at once.
    tokio::time::pause();
    for answer in callers.join_all().await {
        assert_eq!(answer.unwrap_err().to_string(), "the store failed: no answer within 70 s");
    }
    tokio::time::resume();
    let taken = store.enqueue(vec![store::event("Other").id("e-1")], UnixMillis(0)).await.unwrap();
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
    let endpoint = Endpoint::new("e".into(), store::settings(), State::Enabled, &Guard::public_only()).unwrap();
    store.add_endpoint(endpoint, Release::new(9, 0, 0), store.now()).await.unwrap();
    let mut connection = PgConnection::connect(url).await.unwrap();
    connection.execute("CREATE TABLE orders (id bigint)").await.unwrap();
    for (commits, waiting) in [(false, 1), (true, 2)] {
        let mut transaction = connection.begin().await.unwrap();
        transaction.execute("INSERT INTO orders VALUES (7)").await.unwrap();
        let taken = store.enqueue_in(&mut transaction, vec![store::event("Other")]).await.unwrap();
        assert_eq!(taken[0].deliveries, 1);
        if commits {
            transaction.commit().await.unwrap();
        } else {
            transaction.rollback().await.unwrap();
        }
        assert_eq!(store.counts().await.unwrap().waiting, waiting);
    }
    let orders: i64 = sqlx::query_scalar("SELECT count(*) FROM orders").fetch_one(&mut connection).await.unwrap();
    assert_eq!(orders, 1);
}

async fn the_clock_is_the_database_s(url: &str) {
    let store = Postgres::connect(url).await.unwrap();
    let mut connection = PgConnection::connect(url).await.unwrap();
    let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
    let database: i64 = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
    assert!(store.now().since(UnixMillis(database)).abs() < 2000 && now().since(UnixMillis(database)).abs() < 2000);
}

async fn tables_of_a_newer_release(url: &str) {
    Postgres::connect(url).await.unwrap();
    let mut connection = PgConnection::connect(url).await.unwrap();
    connection.execute("INSERT INTO mambo_schema VALUES (99)").await.unwrap();
    let problem = Postgres::connect(url).await.unwrap_err();
    assert_eq!(problem, SendError::StoreNewer { found: 99, known: 1 });
    let nowhere = Postgres::connect("postgres://mambo@127.0.0.1:1/none").await.unwrap_err();
    assert_eq!(nowhere.code(), "store_failed");
}

async fn two_that_start_at_once(url: &str) {
    let (left, right) = tokio::join!(Postgres::connect(url), Postgres::connect(url));
    assert!(left.is_ok() && right.is_ok());
}
