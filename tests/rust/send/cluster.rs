//! A PostgreSQL of the tests' own, on loopback, from Debian's package. `cargo xtask test` installs that.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use tokio_postgres::{Client, Config, NoTls};

/// A cluster. It is stopped and removed with this handle.
pub struct Cluster {
    folder: PathBuf,
    pub port: u16,
    databases: AtomicU32,
}

impl Cluster {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts one with files in its data folder: certificates, or `pg_hba.conf`; settings go to `postgresql.auto.conf`.
    pub fn start_with(files: &[(&str, &str)]) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = std::env::temp_dir().join(format!("mambo-postgres-{port}"));
        let made = run(Command::new("mkdir").arg("--mode=777").arg(&folder));
        assert!(made, "{}", folder.display());
        let cluster = Self { folder, port, databases: AtomicU32::new(0) };
        let data = cluster.data();
        let initdb = ["--auth=trust", "--username=mambo", "--encoding=UTF8", "--no-locale", "-D"];
        assert!(run(server("initdb").args(initdb).arg(&data)), "initdb failed: is Debian's package postgresql there?");
        for (name, text) in files {
            let file = data.join(name);
            fs::write(&file, text).unwrap();
            // PostgreSQL refuses a private key that another user owns or can read.
            fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
            chown(&file, Some(cluster.user()), None).unwrap();
        }
        cluster.control("start");
        cluster
    }

    /// The address of a new, empty database.
    pub async fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::SeqCst));
        connect(&self.url("postgres")).await.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        self.url(&name)
    }

    /// The address of a database.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://mambo@127.0.0.1:{}/{database}", self.port)
    }

    /// Ends it as a crash would, and starts it again.
    pub fn crash(&self) {
        self.control("restart");
    }

    fn control(&self, verb: &str) {
        let options = format!("-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories=. ", self.port);
        let mut command = server("pg_ctl");
        command.args([verb, "--wait", "--mode=immediate", "--silent", "-D"]).arg(self.data());
        if verb != "stop" {
            command.arg("-l").arg(self.folder.join("log")).arg("-o").arg(options);
        }
        assert!(run(&mut command), "pg_ctl {verb}: see {}", self.folder.join("log").display());
    }

    /// The data folder. The server's socket is in it too.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The id of the user that runs the server. It is never root's.
    pub fn user(&self) -> u32 {
        fs::metadata(self.data()).unwrap().uid()
    }
}

/// A connection of the test's own.
pub async fn connect(url: &str) -> Client {
    let (client, connection) = url.parse::<Config>().unwrap().connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.control("stop");
        fs::remove_dir_all(&self.folder).ok();
    }
}

/// One of the server's programs. It refuses to run as root, so root runs it as the package's own user.
fn server(program: &str) -> Command {
    let versions = fs::read_dir("/usr/lib/postgresql").unwrap();
    let newest = versions.map(|entry| entry.unwrap().path()).max().unwrap();
    let path = newest.join("bin").join(program);
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    if !is_root {
        return Command::new(path);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(path).current_dir(Path::new("/"));
    command
}

fn run(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
}
