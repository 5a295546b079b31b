//! Calls of the program, and its workers.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::super::netns::Host;
use super::SECRET;
use super::receiver::Receiver;

/// Calls of the program that share a store and a receiver.
#[derive(Clone)]
pub struct Program {
    pub store: String,
    pub certificate: PathBuf,
}

impl Program {
    pub fn new(store: String, certificate: PathBuf, receiver: &Receiver) -> Self {
        std::fs::write(&certificate, &receiver.authority).unwrap();
        Self { store, certificate }
    }

    /// A call on a host, or on the machine itself.
    pub fn command(&self, host: Option<&Host>, words: &str) -> Command {
        let program = env!("CARGO_BIN_EXE_mambo-webhooks");
        let mut command = host.map_or_else(|| Command::new(program), |host| host.command(program));
        command.args(words.split(' ')).args(["--store", &self.store, "--allow", "10.77.0.0/16"]);
        command.args(["--allow", "127.0.0.0/8", "--root-certificates"]).arg(&self.certificate);
        command.env("MAMBO_SECRET", SECRET).env("RUST_LOG", "warn").stdin(Stdio::null());
        command
    }

    pub fn add_endpoint(&self, host: Option<&Host>, id: &str, receiver: &Receiver) {
        let words = format!("endpoint add {id} https://{}/hook --max-in-flight 64", receiver.address);
        let added = self.command(host, &words).output().unwrap();
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    }

    /// Sends so many events; returns their ids.
    pub fn send(&self, count: usize) -> Vec<String> {
        let mut command = self.command(None, "send --type Other --lines");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let lines = "{\"a\":1}\n".repeat(count);
        let feeder = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
        let output = child.wait_with_output().unwrap();
        feeder.join().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let ids: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
        assert_eq!(ids.len(), count);
        ids
    }

    pub fn worker(&self, host: Option<&Host>, options: &str, log: PathBuf) -> Worker {
        let mut command = self.command(host, &format!("worker {options}"));
        let file = File::create(&log).unwrap();
        Worker { process: command.stdout(Stdio::null()).stderr(file).spawn().unwrap(), log }
    }
}

/// A worker. It is killed with this handle.
pub struct Worker {
    process: Child,
    log: PathBuf,
}

impl Worker {
    /// What it warned of.
    pub fn warnings(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
