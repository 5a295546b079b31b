//! Scenario `snapshot`: a transaction that stays open, as `pg_dump` holds one, beside a busy worker.

use std::time::{Duration, Instant};

use mambo_webhooks::send::{EndpointSettings, Sender, Store};

use crate::cluster::connect;
use crate::common::{Running, SECRET, deliver, event, met, sender};
use crate::database::{Database, Server};
use crate::receiver::Receiver;

const WINDOW: Duration = Duration::from_secs(10);
const WINDOWS: usize = 6;
const ENDPOINTS: usize = 4;
/// How many wait, about.
const BACKLOG: u64 = 4_000;

pub async fn snapshot() {
    let without = windows(false).await;
    let held = windows(true).await;
    let (first, last) = (held[0] / without[0], held[WINDOWS - 1] / without[WINDOWS - 1]);
    println!(
        "snapshot, PostgreSQL: {:.0} deliveries/s in the first 10 s and {:.0} in the last of 60 s with a held snapshot, \
         {:.0} and {:.0} without: ratio {first:.2} and {last:.2} ({})",
        held[0],
        held[WINDOWS - 1],
        without[0],
        without[WINDOWS - 1],
        met(last >= 0.9),
    );
}

async fn windows(is_held: bool) -> Vec<f64> {
    let database = Server::start().await;
    let receiver = Receiver::start(0);
    let sender = sender(database.store().await, &[&receiver]);
    for number in 0..ENDPOINTS {
        let settings = EndpointSettings::new(&receiver.url(), SECRET).max_in_flight(128);
        sender.add_endpoint(&format!("e{number}"), settings).await.unwrap();
    }
    deliver(&sender, 4, 64).await;
    let holder = connect(&database.address()).await;
    if is_held {
        let sql = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM mambo_event";
        holder.batch_execute(sql).await.unwrap();
    }
    let worker = Running::start(&sender, 512);
    let mut taken = 0;
    feed(&sender, &worker, &mut taken, Instant::now() + Duration::from_secs(3)).await;
    let mut rates = Vec::new();
    for _window in 0..WINDOWS {
        let (started, before) = (Instant::now(), worker.delivered());
        feed(&sender, &worker, &mut taken, started + WINDOW).await;
        rates.push((worker.delivered() - before) as f64 / started.elapsed().as_secs_f64());
    }
    worker.stop().await;
    rates
}

/// Takes events until a time, so that about as many wait all the time.
async fn feed<S: Store>(sender: &Sender<S>, worker: &Running, taken: &mut u64, until: Instant) {
    while Instant::now() < until {
        if taken.saturating_sub(worker.delivered()) > BACKLOG {
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        }
        sender.send_all((0..100).map(|_| event()).collect()).await.unwrap();
        *taken += 100 * 4;
    }
}
