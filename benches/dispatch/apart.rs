//! Scenario `apart`: from `send` in one process through a worker in another to the receiver.

use std::time::Duration;

use mambo_webhooks::send::{EndpointSettings, NewEvent};

use crate::common::{Process, SECRET, SERVER, met, percentile, sender};
use crate::database::Database;
use crate::receiver::{Receiver, now_us};

const WARM_UP: usize = 20;
const EVENTS: usize = 200;
const EVERY: Duration = Duration::from_millis(20);

pub async fn apart<D: Database>() {
    let database = D::start().await;
    let mut receiver = Receiver::printing();
    let lines = receiver.lines();
    let sender = sender(database.store().await, &[&receiver]);
    sender.add_endpoint("e", EndpointSettings::new(&receiver.url(), SECRET)).await.unwrap();
    let _worker = Process::start(&["work", &database.address(), &receiver.certificate_word()]);
    let received = tokio::task::spawn_blocking(move || {
        let latency = |(at, body): (i64, String)| {
            let sent = body.split_once(r#""sent_us":"#)?.1;
            let sent: i64 = sent.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap();
            Some(Duration::from_micros(u64::try_from(at - sent).unwrap()))
        };
        lines.filter_map(latency).take(WARM_UP + EVENTS).collect::<Vec<_>>()
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut ticks = tokio::time::interval(EVERY);
    let mut sends = Vec::new();
    for _event in 0..WARM_UP + EVENTS {
        ticks.tick().await;
        let sent = now_us();
        let data = format!(r#"{{"sent_us":{sent}}}"#);
        sender.send(NewEvent::new("Other", SERVER, &data).unwrap()).await.unwrap();
        sends.push(Duration::from_micros(u64::try_from(now_us() - sent).unwrap()));
    }
    let mut times = received.await.unwrap().split_off(WARM_UP);
    let (p50, p99) = (percentile(&mut times, 50), percentile(&mut times, 99));
    println!(
        "apart, {}: p50 {p50:.1} ms, p99 {p99:.1} ms from send to the receiver ({}), of which send itself p50 {:.1} ms",
        D::NAME,
        met(p50 <= 15.0),
        percentile(&mut sends, 50),
    );
}
