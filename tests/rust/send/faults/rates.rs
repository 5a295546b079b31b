//! Endpoints that hang or have a rate: what waits for one delays no other, and is sent once.

use std::time::Duration;

use mambo_webhooks::send::{EndpointSettings, LogQuery, Sender, Sqlite, Store, WorkerOptions};

use super::super::receiver::{Manner, Receiver};
use super::super::scratch::Scratch;
use super::{SECRET, event, says, sender};

#[tokio::test]
async fn one_that_hangs_does_not_delay_the_others() {
    let scratch = Scratch::new();
    let (good, bad) =
        (Receiver::start(vec![says("204 No Content")]).await, Receiver::start(vec![Manner::Stalls]).await);
    let options = good.options().extra_root(bad.authority.clone());
    let sender = sender(&scratch, options);
    for (id, receiver) in [("bad", &bad), ("good", &good)] {
        sender.add_endpoint(id, EndpointSettings::new(&receiver.url(), SECRET).max_in_flight(4)).await.unwrap();
    }
    for number in 0..20 {
        sender.send(event().id(&format!("e-{number}"))).await.unwrap();
    }
    // Fewer at once than wait for the one that hangs.
    let options = WorkerOptions::default().max_in_flight(8);
    let good_ones = async || {
        let query = LogQuery::default().endpoint("good").limit(100);
        sender.store().log(query).await.unwrap().len()
    };
    let all_of_good = async {
        while good_ones().await < 21 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    sender.worker(options).unwrap().run(all_of_good).await;
    let lines = sender.store().log(LogQuery::default().limit(100)).await.unwrap();
    let first_bad = lines.iter().rev().position(|line| line.endpoint.id() == "bad").unwrap();
    assert_eq!(first_bad, 21, "all of the good one's ended before the first of the other did");
}

/// A sender with one endpoint of this rate, and so many events for it.
async fn limited(scratch: &Scratch, receiver: &Receiver, rate: u32, events: usize) -> Sender<Sqlite> {
    let sender = sender(scratch, receiver.options());
    let settings = EndpointSettings::new(&receiver.url(), SECRET).rate_per_second(rate.try_into().unwrap());
    sender.add_endpoint("e", settings).await.unwrap();
    for number in 0..events {
        sender.send(event().id(&format!("e-{number}"))).await.unwrap();
    }
    sender
}

#[tokio::test]
async fn what_waits_for_its_rate_for_longer_than_a_lease_is_sent_once() {
    let scratch = Scratch::new();
    let receiver = Receiver::start(vec![says("204 No Content")]).await;
    let sender = limited(&scratch, &receiver, 2, 5).await;
    let options = WorkerOptions::default().lease(Duration::from_secs(1));
    assert_eq!(sender.worker(options).unwrap().run_due().await.unwrap(), 6, "a Ping and five events, over 2.5 s");
    assert_eq!(receiver.requests().len(), 6);
}

#[tokio::test]
async fn attempts_at_an_endpoint_keep_its_rate_and_retries_count() {
    let scratch = Scratch::new();
    let receiver = Receiver::start(vec![says("500 No")]).await;
    let sender = limited(&scratch, &receiver, 20, 6).await;
    let options = WorkerOptions::default().schedule(mambo_webhooks::send::Schedule::new(vec![Duration::ZERO]));
    let mut worker = sender.worker(options).unwrap();
    let mut attempts = 0;
    while attempts < 13 {
        attempts += worker.run_due().await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let lines = sender.store().log(LogQuery::default().limit(100)).await.unwrap();
    let mut started: Vec<i64> = lines.iter().map(|line| line.attempt.started.0).collect();
    started.sort_unstable();
    assert_eq!(started.len(), 13, "a Ping, six events, and each of those once more");
    for pair in started.windows(2) {
        assert!(pair[1] - pair[0] >= 45, "at most 20 a second: {started:?}");
    }
}
