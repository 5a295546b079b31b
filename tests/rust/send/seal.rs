//! Secrets sealed at rest: nothing that a store or its worker leaves behind holds one in plain text, and keys are rotated
//! under load.

mod crash;
mod moved;
mod rotation;
mod service;

use std::any::Any;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::program::text;
use super::receiver::{HOST, Receiver};
use super::scratch::Scratch;

const SECRET: &str = "correct horse battery staple";
const HEADER: &str = "Bearer 7f3a-header-token";
const PAYLOAD: &str = "alice@example.com";
const OLD: &str = "2026-01 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const NEW: &str = "2026-11 ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";
const DELIVERED: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// Where a store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    File,
    #[cfg(feature = "postgres")]
    Database,
}

/// A store, the folders that are searched, and one beside them for what the test itself has to write down.
struct Place {
    store: String,
    searched: Vec<PathBuf>,
    working: Scratch,
    beside: Scratch,
    url: String,
    /// The database server, which ends with it.
    _server: Option<Box<dyn Any>>,
}

impl Place {
    async fn new(kind: Kind, receiver: &Receiver) -> Self {
        let (working, beside) = (Scratch::new(), Scratch::new());
        std::fs::write(beside.file("authority.pem"), &receiver.authority).unwrap();
        std::fs::write(beside.file("headers"), format!("authorization: {HEADER}\n")).unwrap();
        let url = receiver.url().replace(HOST, "127.0.0.1");
        let mut searched = vec![working.path().to_owned()];
        let (store, server) = match kind {
            Kind::File => (working.file("store.db").to_string_lossy().into_owned(), None),
            #[cfg(feature = "postgres")]
            Kind::Database => {
                // The server logs each statement with its parameters, as an operator may have set it.
                let log = "log_statement = 'all'\nlog_min_duration_statement = 0\n";
                let cluster = super::cluster::Cluster::start_with(&[("postgresql.auto.conf", log)]);
                searched.push(cluster.data().parent().unwrap().to_owned());
                let database = cluster.database().await;
                (database, Some(Box::new(cluster) as Box<dyn Any>))
            }
        };
        Self { store, searched, working, beside, url, _server: server }
    }

    fn command(&self, keys: &str, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mambo-webhooks"));
        command.args(words.split(' ')).args(["--store", &self.store, "--allow", "127.0.0.0/8", "--root-certificates"]);
        command.arg(self.beside.file("authority.pem")).env("MAMBO_SECRET", SECRET).env("MAMBO_SEALING_KEY", keys);
        command.current_dir(self.working.path()).stdin(Stdio::null());
        command
    }

    fn run(&self, keys: &str, words: &str) -> (String, String) {
        let output = self.command(keys, words).output().unwrap();
        (text(&output.stdout).trim_end().into(), text(&output.stderr).trim_end().into())
    }

    /// A worker that may write a core file of any size, and logs all that it can in a file.
    fn worker(&self, keys: &str) -> Child {
        let inner = self.command(keys, "worker --lease-seconds 1");
        let log = std::fs::File::options().create(true).append(true).open(self.working.file("worker.log")).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -c unlimited; exec \"$0\" \"$@\""]).arg(inner.get_program()).args(inner.get_args());
        command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("RUST_LOG", "trace");
        command.current_dir(self.working.path()).stdin(Stdio::null()).stderr(log).stdout(Stdio::null());
        command.spawn().unwrap()
    }

    /// The end of what the workers logged.
    fn last_words(&self) -> String {
        let log = std::fs::read(self.working.file("worker.log")).unwrap();
        text(&log[log.len().saturating_sub(4000)..])
    }

    /// Which of these texts stand in a file of the searched folders, with the file's name.
    fn found(&self, secrets: &[&str]) -> BTreeSet<String> {
        let mut search = Search::default();
        self.searched.iter().for_each(|folder| search.folder(folder, secrets));
        eprintln!("searched {} files, {} bytes; found {:?}", search.files, search.bytes, search.found);
        assert!(search.files > 1, "there is something to search");
        search.found
    }
}

/// A search through files, and what it found.
#[derive(Default)]
struct Search {
    files: usize,
    bytes: usize,
    found: BTreeSet<String>,
}

impl Search {
    fn folder(&mut self, folder: &Path, secrets: &[&str]) {
        // A server's files come and go.
        for entry in std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
            if entry.path().is_dir() {
                self.folder(&entry.path(), secrets);
                continue;
            }
            let Ok(bytes) = std::fs::read(entry.path()) else { continue };
            (self.files, self.bytes) = (self.files + 1, self.bytes + bytes.len());
            let name = entry.path().display().to_string();
            let holds = |secret: &&&str| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            self.found.extend(secrets.iter().filter(holds).map(|secret| format!("{name}: {secret}")));
        }
    }
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}
