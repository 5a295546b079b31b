//! A `PgBouncer` before a cluster, for the tests that go through a pooler.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::super::cluster::Cluster;

/// The pooler `pgbouncer` in transaction mode, with two connections to a cluster.
pub struct Bouncer {
    process: Child,
    pub port: u16,
}

impl Bouncer {
    pub fn start(cluster: &Cluster) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (users, settings) = (cluster.data().join("users.txt"), cluster.data().join("pgbouncer.ini"));
        std::fs::write(&users, "\"mambo\" \"\"\n").unwrap();
        let lines = [
            "[databases]".into(),
            format!("* = host=127.0.0.1 port={}", cluster.port),
            "[pgbouncer]".into(),
            "listen_addr = 127.0.0.1".into(),
            format!("listen_port = {port}"),
            "unix_socket_dir =".into(),
            "auth_type = trust".into(),
            format!("auth_file = {}", users.display()),
            "pool_mode = transaction".into(),
            "default_pool_size = 2".into(),
        ];
        std::fs::write(&settings, lines.join("\n")).unwrap();
        // It refuses to run as root.
        let mut command = Command::new("/usr/sbin/pgbouncer");
        command.arg(&settings).uid(cluster.user()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().expect("Debian's package pgbouncer is installed");
        let bouncer = Self { process, port };
        for _wait in 0..3000 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return bouncer;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("PgBouncer does not listen");
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
