//! The command line as a process: started, killed, stopped, started again.

use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use mambo_webhooks::{KeyRing, UnixMillis};
use serde_json::Value;

use super::receiver::{HOST, Receiver};

pub const SECRET: &str = "correct horse battery staple";

/// Calls of the program that share a store and a receiver.
pub struct Program {
    pub store: String,
    certificate: PathBuf,
}

impl Program {
    pub fn new(store: String, certificate: PathBuf, receiver: &Receiver) -> Self {
        std::fs::write(&certificate, &receiver.authority).unwrap();
        let program = Self { store, certificate };
        let url = receiver.url().replace(HOST, "127.0.0.1");
        let added = program.command("endpoint add e").arg(url).args(["--max-in-flight", "64"]).output().unwrap();
        assert!(added.status.success(), "{}", text(&added.stderr));
        program
    }

    pub fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mambo-webhooks"));
        command.args(words.split(' ')).args(["--store", &self.store, "--allow", "127.0.0.0/8", "--root-certificates"]);
        command.arg(&self.certificate).env("MAMBO_SECRET", SECRET).stdin(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// Takes so many events; hands back their ids, printed when each was on disk.
    pub fn send(&self, count: usize) -> Vec<String> {
        let mut child =
            self.command("send --type Other --lines").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = (0..count).map(|number| format!("{{\"number\":{number}}}\n")).collect::<Vec<_>>().concat();
        child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout).lines().map(str::to_owned).collect()
    }

    pub fn json(&self, words: &str) -> Value {
        let output = self.command(&format!("--json {words}")).output().unwrap();
        assert!(output.status.success(), "{words}: {}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Runs workers until nothing waits and nothing is held; what was set aside as poison is asked for again.
    pub fn drain(&self) {
        for _round in 0..40 {
            let output = self.command("worker --once --lease-seconds 1").output().unwrap();
            assert!(output.status.success(), "{}", text(&output.stderr));
            let stats = self.json("stats");
            let count = |name: &str| stats[name].as_u64().unwrap();
            if count("dead") > 0 {
                self.json("retry --dead");
            } else if count("waiting") + count("leased") == 0 {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(300));
        }
        panic!("not drained: {}", self.json("stats"));
    }

    /// A worker in the background. What it says goes to a file: a pipe that is not read would stop it.
    pub fn worker(&self) -> Child {
        let log =
            std::fs::File::options().create(true).append(true).open(self.certificate.with_extension("log")).unwrap();
        self.command("worker --lease-seconds 1").stderr(log).spawn().unwrap()
    }

    /// What background workers said.
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.certificate.with_extension("log")).unwrap()
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Whether a process ended by itself or by a signal.
pub fn was_killed(output: &Output) -> bool {
    std::os::unix::process::ExitStatusExt::signal(&output.status).is_some()
}

/// Waits until something is so, for half a minute at most.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _wait in 0..3000 {
        if is_so() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("waited for {what} in vain");
}

/// How often each event came in, with every signature verified. Pings are left out.
pub fn received(receiver: &Receiver) -> HashMap<String, u32> {
    let core = mambo_webhooks::Receiver::new(KeyRing::single(SECRET).unwrap());
    let mut counts = HashMap::new();
    for request in receiver.requests() {
        let (_, signature) = request.headers.iter().find(|(name, _)| name == "x-mambo-signature").unwrap();
        let seconds = signature.strip_prefix("t=").unwrap().split(',').next().unwrap().parse().unwrap();
        let received = core.receive(&request.headers, &request.body, UnixMillis::from_seconds(seconds)).unwrap();
        if received.event.event_type() == Some("Other") {
            *counts.entry(received.id.unwrap().into_owned()).or_default() += 1;
        }
    }
    counts
}

/// Lost events: none. How many came more than once, and how often in all.
pub fn check(acknowledged: &[String], receiver: &Receiver) -> u32 {
    let counts = received(receiver);
    let lost: Vec<&String> = acknowledged.iter().filter(|id| !counts.contains_key(*id)).collect();
    assert!(lost.is_empty(), "lost {} of {}: {lost:?}", lost.len(), acknowledged.len());
    counts.values().map(|count| count - 1).sum()
}
