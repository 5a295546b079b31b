//! Scenario `link`: workers whose PostgreSQL is 2 ms away in each direction.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use mambo_webhooks::send::{EndpointSettings, Store};

use crate::common::{Running, SECRET, deliver, enqueue, met, sender};
use crate::database::{Database, Server};
use crate::receiver::Receiver;

const DELAY: Duration = Duration::from_millis(2);
const ENDPOINTS: usize = 8;

pub async fn link() {
    // So few in flight that one worker waits for its database most of the time, and then the default.
    let [few_1, few_4] = [rate(1, 16).await, rate(4, 16).await];
    let [many_1, many_4] = [rate(1, 512).await, rate(4, 512).await];
    println!(
        "link, PostgreSQL 2 ms away: {few_1:.0} deliveries/s of 1 worker with 16 in flight, {few_4:.0} of 4, ratio \
         {:.2} ({}); with 512 in flight {many_1:.0} and {many_4:.0}, ratio {:.2}",
        few_4 / few_1,
        met(few_4 / few_1 >= 3.0),
        many_4 / many_1,
    );
}

async fn rate(workers: usize, most: usize) -> f64 {
    let database = Server::start().await;
    let receiver = Receiver::start(0);
    let near = sender(database.store().await, &[&receiver]);
    for number in 0..ENDPOINTS {
        let settings = EndpointSettings::new(&receiver.url(), SECRET).max_in_flight(128);
        near.add_endpoint(&format!("e{number}"), settings).await.unwrap();
    }
    let count = if most > 16 { 40_000 } else { 10_000 };
    enqueue(&near, "Other", 500).await;
    deliver(&near, 2_000, 512).await;
    enqueue(&near, "Other", count / ENDPOINTS).await;
    let before = near.store().counts(None).await.unwrap().delivered;
    let far = database.address().replace(&database.port().to_string(), &relay(database.port()).to_string());
    let mut running = Vec::new();
    for _worker in 0..workers {
        let sender = sender(Server::open(&far).await, &[&receiver]);
        running.push(Running::start(&sender, most));
    }
    let started = Instant::now();
    let goal = u64::try_from(count * 9 / 10).unwrap();
    while running.iter().map(Running::delivered).sum::<u64>() < goal {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let seconds = started.elapsed().as_secs_f64();
    for worker in running {
        worker.stop().await;
    }
    assert!(near.store().counts(None).await.unwrap().delivered > before);
    goal as f64 / seconds
}

/// Passes connections on to a port, with a delay each way; returns the port to connect to. Threads, since their sleeps
/// are exact to a tenth of a millisecond.
fn relay(port: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for near in listener.incoming() {
            let (near, far) = (near.unwrap(), TcpStream::connect(("127.0.0.1", port)).unwrap());
            near.set_nodelay(true).unwrap();
            far.set_nodelay(true).unwrap();
            delayed(near.try_clone().unwrap(), far.try_clone().unwrap());
            delayed(far, near);
        }
    });
    own
}

fn delayed(mut from: TcpStream, mut to: TcpStream) {
    let (sender, receiver) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            if sender.send((Instant::now() + DELAY, buffer[..read].to_vec())).is_err() {
                return;
            }
        }
    });
    thread::spawn(move || {
        for (due, bytes) in receiver {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        to.shutdown(Shutdown::Both).ok();
    });
}
