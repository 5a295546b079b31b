//! Scenario `bytes`: what one event of 1 MB to 512 endpoints takes of memory.

use std::io::Read;
use std::time::Instant;

use mambo_webhooks::send::{EndpointSettings, NewEvent};

use crate::common::{Process, SECRET, SERVER, deliver, memory_mb, met, sender};
use crate::database::Database;
use crate::receiver::Receiver;

const ENDPOINTS: u64 = 512;
const BYTES: usize = 1_000_000;

/// Runs in a separate process, whose memory is only that of this scenario.
pub fn bytes() {
    for word in ["bytes-sqlite", "bytes-postgres"] {
        let mut process = Process::start(&[word]);
        let mut line = String::new();
        process.0.stdout.take().unwrap().read_to_string(&mut line).unwrap();
        print!("{line}");
    }
}

pub async fn measure<D: Database>() {
    let database = D::start().await;
    let receiver = Receiver::start(0);
    let sender = sender(database.store().await, &[&receiver]);
    for number in 0..ENDPOINTS {
        let settings = EndpointSettings::new(&receiver.url(), SECRET);
        sender.add_endpoint(&format!("e{number:03}"), settings).await.unwrap();
    }
    deliver(&sender, ENDPOINTS, 512).await;
    let before = memory_mb("VmHWM:");
    let data = format!(r#"{{"text":"{}"}}"#, "x".repeat(BYTES - 11));
    assert_eq!(data.len(), BYTES);
    sender.send(NewEvent::new("Other", SERVER, &data).unwrap()).await.unwrap();
    let started = Instant::now();
    deliver(&sender, ENDPOINTS, 512).await;
    let peak = memory_mb("VmHWM:");
    println!(
        "bytes, {}: peak of {peak} MB resident while 1 MB goes to {ENDPOINTS} endpoints in {:.2} s ({}), {before} MB before",
        D::NAME,
        started.elapsed().as_secs_f64(),
        met(peak <= 256),
    );
}
