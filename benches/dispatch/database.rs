//! The two databases that a scenario runs on, each new and empty.

use std::path::PathBuf;

use mambo_webhooks::send::{Postgres, Sqlite, Store};

use crate::cluster::{Cluster, connect};
use crate::scratch::Scratch;

/// A database with a store in it.
pub trait Database: Sized {
    type Store: Store + Clone;
    /// Its name in a line of figures.
    const NAME: &str;

    /// A new, empty one.
    async fn start() -> Self;
    /// The address that [`open`](Self::open) takes.
    fn address(&self) -> String;
    /// Opens a store.
    async fn open(address: &str) -> Self::Store;
    /// Runs statements, the first ones on SQLite, the second ones on PostgreSQL.
    async fn execute(&self, sqlite: &str, postgres: &str);
    /// A number; `{}` in the statement is what the names of tables begin with.
    async fn number(&self, sql: &str) -> i64;
    /// Processor seconds of the server's processes so far.
    fn processor(&self) -> f64;

    async fn store(&self) -> Self::Store {
        Self::open(&self.address()).await
    }
}

/// A file of SQLite.
pub struct File {
    _scratch: Scratch,
    path: PathBuf,
    connection: std::sync::Mutex<Option<rusqlite::Connection>>,
}

impl File {
    fn with<T>(&self, act: impl FnOnce(&rusqlite::Connection) -> T) -> T {
        let mut connection = self.connection.lock().unwrap();
        act(connection.get_or_insert_with(|| {
            let connection = rusqlite::Connection::open(&self.path).unwrap();
            connection.busy_timeout(std::time::Duration::from_secs(60)).unwrap();
            connection
        }))
    }
}

impl Database for File {
    type Store = Sqlite;
    const NAME: &str = "SQLite";

    async fn start() -> Self {
        let scratch = Scratch::new();
        let path = scratch.file("store.db");
        Self { _scratch: scratch, path, connection: std::sync::Mutex::new(None) }
    }

    fn address(&self) -> String {
        self.path.display().to_string()
    }

    async fn open(address: &str) -> Sqlite {
        Sqlite::open(address).unwrap()
    }

    async fn execute(&self, sqlite: &str, _postgres: &str) {
        self.with(|connection| connection.execute_batch(sqlite).unwrap());
    }

    async fn number(&self, sql: &str) -> i64 {
        self.with(|connection| connection.query_row(&sql.replace("{}", ""), [], |row| row.get(0)).unwrap())
    }

    fn processor(&self) -> f64 {
        0.0
    }
}

/// A database of a PostgreSQL server that only this benchmark uses.
pub struct Server {
    _cluster: Cluster,
    url: String,
    client: tokio_postgres::Client,
}

impl Server {
    pub fn port(&self) -> u16 {
        self.url.rsplit_once(':').unwrap().1.split_once('/').unwrap().0.parse().unwrap()
    }
}

impl Database for Server {
    type Store = Postgres;
    const NAME: &str = "PostgreSQL";

    async fn start() -> Self {
        let cluster = Cluster::start();
        let url = cluster.database().await;
        let client = connect(&url).await;
        Self { _cluster: cluster, url, client }
    }

    fn address(&self) -> String {
        self.url.clone()
    }

    async fn open(address: &str) -> Postgres {
        Postgres::connect(address).await.unwrap()
    }

    async fn execute(&self, _sqlite: &str, postgres: &str) {
        self.client.batch_execute(postgres).await.unwrap();
    }

    async fn number(&self, sql: &str) -> i64 {
        self.client.query_one(&sql.replace("{}", "mambo_"), &[]).await.unwrap().get(0)
    }

    fn processor(&self) -> f64 {
        let folder = format!("mambo-postgres-{}/", self.port());
        let is_server = |id: &u32| {
            let command = std::fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
            command.contains("bin/postgres\0") && command.contains(&folder)
        };
        let all = || {
            std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok())
        };
        let server: u32 = all().find(is_server).unwrap();
        // The server with its ended children, and its children.
        let fields = |id: u32| {
            let text = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            let fields =
                text.rsplit_once(')').map(|(_, fields)| fields.split_whitespace().map(str::to_owned).collect());
            fields.unwrap_or_else(Vec::new)
        };
        let ticks = |fields: &[String], count: usize| {
            fields.iter().skip(11).take(count).map(|field| field.parse::<f64>().unwrap()).sum::<f64>() / 100.0
        };
        let children =
            all().map(fields).filter(|fields| fields.get(1).is_some_and(|parent| *parent == server.to_string()));
        ticks(&fields(server), 4) + children.map(|fields| ticks(&fields, 2)).sum::<f64>()
    }
}
