//! A stream of events that goes on when senders end.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::super::netns::Host;
use super::program::Program;

/// When each event was acknowledged, and its id.
pub type Acknowledged = Vec<(Instant, String)>;

/// A stream of events, one each 5 ms. A sender that ends because the store failed is started again.
pub struct Feed {
    should_stop: Arc<AtomicBool>,
    acknowledged: Arc<Mutex<Acknowledged>>,
    thread: JoinHandle<Vec<String>>,
}

impl Feed {
    pub fn start(program: Program, host: Host) -> Self {
        let (should_stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (stopped, all) = (Arc::clone(&should_stop), Arc::clone(&acknowledged));
        let thread = std::thread::spawn(move || {
            let mut failures = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                let mut command = program.command(Some(&host), "send --type Other --lines");
                let mut child =
                    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
                let mut input = child.stdin.take().unwrap();
                let output = BufReader::new(child.stdout.take().unwrap());
                let printed = Arc::clone(&all);
                let reader = std::thread::spawn(move || {
                    // A line that is not whole was not acknowledged.
                    for id in output.lines().map_while(Result::ok).filter(|line| line.len() == 36) {
                        printed.lock().unwrap().push((Instant::now(), id));
                    }
                });
                while !stopped.load(Ordering::Relaxed) && input.write_all(b"{\"a\":1}\n").is_ok() {
                    std::thread::sleep(Duration::from_millis(5));
                }
                drop(input);
                let output = child.wait_with_output().unwrap();
                reader.join().unwrap();
                if !output.status.success() {
                    failures.push(String::from_utf8_lossy(&output.stderr).trim().to_owned());
                    std::thread::sleep(Duration::from_millis(50));
                }
            }
            failures
        });
        Self { should_stop, acknowledged, thread }
    }

    /// How many events were acknowledged after a moment.
    pub fn acknowledged_since(&self, moment: Instant) -> usize {
        self.acknowledged.lock().unwrap().iter().rev().take_while(|(at, _)| *at > moment).count()
    }

    /// Ends the stream; returns what was acknowledged, and what senders said that ended before.
    pub fn stop(self) -> (Acknowledged, Vec<String>) {
        self.should_stop.store(true, Ordering::Relaxed);
        let failures = self.thread.join().unwrap();
        let acknowledged = self.acknowledged.lock().unwrap().clone();
        (acknowledged, failures)
    }
}
