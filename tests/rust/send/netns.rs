//! Hosts in network namespaces on one bridge, and PostgreSQL servers on them: a failover between machines, on one
//! machine.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// The last byte of the bridge's address, which belongs to the test's own namespace.
const BRIDGE: u8 = 254;

/// A bridge with hosts on it. It is removed with this handle, after everything that runs in its hosts.
pub struct Network {
    /// Begins the name of everything that belongs to this network: the process and a number within it.
    name: String,
    prefix: String,
    namespaces: Vec<String>,
    ports: Vec<String>,
}

impl Network {
    /// Creates a network; `None` when this process may not.
    pub fn new() -> Option<Self> {
        let name = format!("mb{}x{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let probe = format!("{name}probe");
        if !run(Command::new("ip").args(["netns", "add", &probe])) {
            return None;
        }
        let mut network = Self { name, prefix: String::new(), namespaces: vec![probe], ports: Vec::new() };
        ip(&["link", "add", &network.name, "type", "bridge"]);
        // The first subnet that no other run has; a process id is where to begin.
        let first = std::process::id();
        network.prefix = (0..250).map(|step| format!("10.77.{}", (first + step) % 250)).find(|prefix| {
            let address = format!("{prefix}.{BRIDGE}/24");
            let taken = String::from_utf8(ip(&["-4", "-oneline", "address"]).stdout).unwrap();
            !taken.contains(&address)
                && run(Command::new("ip").args(["address", "add", &address, "dev", &network.name]))
        })?;
        ip(&["link", "set", &network.name, "up"]);
        Some(network)
    }

    /// An address on this network.
    pub fn address(&self, number: u8) -> String {
        format!("{}.{number}", self.prefix)
    }

    /// The address at which hosts reach the test itself.
    pub fn own_address(&self) -> String {
        self.address(BRIDGE)
    }

    /// Adds a host with the address of this number.
    pub fn host(&mut self, number: u8) -> Host {
        let (namespace, port) = (format!("{}n{number}", self.name), format!("{}p{number}", self.name));
        ip(&["netns", "add", &namespace]);
        self.namespaces.push(namespace.clone());
        ip(&["link", "add", &port, "type", "veth", "peer", "name", "eth0", "netns", &namespace]);
        self.ports.push(port.clone());
        ip(&["link", "set", &port, "master", &self.name, "up"]);
        let host = Host { namespace, port, address: self.address(number) };
        host.ip(&["link", "set", "lo", "up"]);
        host.ip(&["link", "set", "eth0", "up"]);
        host.take_over(&host.address);
        host
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // A connection whose peer is gone keeps its namespace for minutes, and a namespace its interface.
        for port in &self.ports {
            run(Command::new("ip").args(["link", "del", port]));
        }
        for namespace in &self.namespaces {
            run(Command::new("ip").args(["netns", "del", namespace]));
        }
        run(Command::new("ip").args(["link", "del", &self.name]));
    }
}

/// A host: a namespace with one interface.
#[derive(Clone)]
pub struct Host {
    namespace: String,
    /// The end of its veth pair that is on the bridge.
    port: String,
    pub address: String,
}

impl Host {
    /// A program that runs on this host. The process that is spawned is the program itself.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.namespace]).arg(program).stdin(Stdio::null());
        command
    }

    /// Cuts it off without a word, as a loss of power does: nothing it sends arrives, and nothing arrives at it.
    pub fn silence(&self) {
        ip(&["link", "set", &self.port, "down"]);
    }

    /// Adds an address to it.
    pub fn take_over(&self, address: &str) {
        self.ip(&["address", "add", &format!("{address}/24"), "dev", "eth0"]);
    }

    /// Forgets which hardware has which address, as a gratuitous ARP of the new one would have it do.
    pub fn forget_neighbours(&self) {
        self.ip(&["neighbour", "flush", "all"]);
    }

    /// Sends what is for this address to hardware that is not there. Without it, ARP tells a host on the same segment
    /// within three seconds that another one is gone, which a host behind a router is not told.
    pub fn black_hole(&self, address: &str) {
        self.ip(&["neighbour", "replace", address, "lladdr", "02:00:00:00:00:99", "dev", "eth0", "nud", "permanent"]);
    }

    fn ip(&self, arguments: &[&str]) {
        ip(&[&["-netns", &self.namespace], arguments].concat());
    }
}

/// A PostgreSQL server on a host. It is stopped and its folder removed with this handle.
pub struct Server {
    host: Host,
    folder: PathBuf,
}

impl Server {
    /// Starts an empty server. Every host of the network is trusted.
    pub fn primary(host: &Host, network: &Network) -> Self {
        let server = Self::new(host);
        let options = ["--auth=trust", "--username=mambo", "--encoding=UTF8", "--no-locale", "--no-sync", "-D"];
        server.run("initdb", &[&options[..], &[&server.data()]].concat());
        let hosts = format!("{}.0/24", network.prefix);
        let trusted = format!("host all all {hosts} trust\nhost replication all {hosts} trust\n");
        let settings = "listen_addresses = '*'\nunix_socket_directories = ''\nwal_keep_size = '512MB'\n";
        for (file, text) in [("pg_hba.conf", trusted.as_str()), ("postgresql.conf", settings)] {
            let path = server.folder.join("data").join(file);
            let old = std::fs::read_to_string(&path).unwrap();
            std::fs::write(path, old + text).unwrap();
        }
        server.start();
        server
    }

    /// Starts a server that replicates another one. It becomes synchronous when the other one is told so.
    pub fn standby(host: &Host, of: &Self) -> Self {
        let server = Self::new(host);
        let source = format!("host={} user=mambo application_name=standby", of.host.address);
        server.run("pg_basebackup", &["-R", "--checkpoint=fast", "--no-sync", "-d", &source, "-D", &server.data()]);
        server.start();
        server
    }

    /// Makes a standby a primary.
    pub fn promote(&self) {
        self.run("pg_ctl", &["promote", "--wait", "--silent", "-D", &self.data()]);
    }

    fn new(host: &Host) -> Self {
        let folder = std::env::temp_dir().join(format!("mambo-failover-{}", host.namespace));
        assert!(run(Command::new("mkdir").arg("--mode=777").arg(&folder)), "{}", folder.display());
        Self { host: host.clone(), folder }
    }

    fn start(&self) {
        let log = self.folder.join("log").display().to_string();
        self.run("pg_ctl", &["start", "--wait", "--silent", "-l", &log, "-D", &self.data()]);
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let output = self.command(program, arguments).output().unwrap();
        assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// One of Debian's programs, as the user that its package made.
    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let newest = std::fs::read_dir("/usr/lib/postgresql").unwrap().map(|entry| entry.unwrap().path()).max();
        let mut command = self.host.command("runuser");
        command.args(["-u", "postgres", "--"]).arg(newest.unwrap().join("bin").join(program)).args(arguments);
        // A server keeps the pipes of the program that starts it, and a pipe that stays open is waited for.
        command.current_dir("/").stdout(Stdio::null());
        if program == "pg_ctl" {
            command.stderr(Stdio::null());
        }
        command
    }

    fn data(&self) -> String {
        self.folder.join("data").display().to_string()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        run(&mut self.command("pg_ctl", &["stop", "--wait", "--mode=immediate", "--silent", "-D", &self.data()]));
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

fn ip(arguments: &[&str]) -> Output {
    let output = Command::new("ip").args(arguments).output().unwrap();
    assert!(output.status.success(), "ip {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

fn run(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
