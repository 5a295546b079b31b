//! Scenario `isolation`: one healthy endpoint alone, and beside many that hang, are limited, or have a silent name
//! server.

use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use mambo_webhooks::send::{EndpointSettings, Sender, Store};
use tokio::net::TcpListener;

use crate::common::{Running, SECRET, delivered_to, enqueue, met, sender};
use crate::database::Database;
use crate::receiver::Receiver;

/// Events for the healthy endpoint, and for each of the others.
const HEALTHY: usize = 6_000;
const OTHERS: usize = 50;
/// How often each case is measured, in turns; the best counts, since what else runs here only takes.
const ROUNDS: usize = 3;
/// How long to wait for the healthy endpoint's at most.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

#[derive(Clone, Copy)]
enum Beside {
    Nothing,
    Hanging(usize),
    Limited(usize),
    Silent(usize),
}

pub async fn isolation<D: Database>() {
    let cases = [
        ("one healthy endpoint alone", Beside::Nothing),
        ("beside 100 that hang", Beside::Hanging(100)),
        ("beside 100 of rate 1", Beside::Limited(100)),
        ("beside 60 with a silent name server", Beside::Silent(60)),
    ];
    let mut rates = [0.0_f64; 4];
    for _round in 0..ROUNDS {
        for (best, (_, beside)) in rates.iter_mut().zip(cases) {
            *best = best.max(rate::<D>(beside).await);
        }
    }
    let mut line = format!("isolation, {}: deliveries/s of", D::NAME);
    for (rate, (shown, _)) in rates.into_iter().zip(cases) {
        let ratio = rate / rates[0];
        write!(line, " {shown} {rate:.0}, ratio {ratio:.2} ({});", met(ratio >= 0.8)).unwrap();
    }
    println!("{line} the best of {ROUNDS}");
}

async fn rate<D: Database>(beside: Beside) -> f64 {
    let database = D::start().await;
    let receiver = Receiver::start(0);
    let hanging = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let hanging_port = hanging.local_addr().unwrap().port();
    let accepting = tokio::spawn(async move {
        let mut accepted = Vec::new();
        while let Ok(socket) = hanging.accept().await {
            accepted.push(socket);
        }
    });
    let sender = sender(database.store().await, &[&receiver]);
    // Each of them is a separate host, as another customer's is.
    let others: Vec<EndpointSettings> = match beside {
        Beside::Nothing => Vec::new(),
        Beside::Hanging(count) => settings(count, |number| format!("https://127.1.0.{number}:{hanging_port}/hook")),
        Beside::Silent(count) => settings(count, |number| format!("https://silent-{number}.test:{hanging_port}/hook")),
        Beside::Limited(count) => {
            let limited = settings(count, |number| receiver.named(&format!("limited-{number}")));
            limited.into_iter().map(|one| one.rate_per_second(NonZeroU32::MIN)).collect()
        }
    };
    let has_others = !others.is_empty();
    add(&sender, others).await;
    if has_others {
        enqueue(&sender, "Others", OTHERS).await;
    }
    let healthy = EndpointSettings::new(&receiver.named("healthy"), SECRET).event_types(&["Healthy"]);
    sender.add_endpoint("healthy", healthy).await.unwrap();
    enqueue(&sender, "Healthy", HEALTHY).await;
    let started = Instant::now();
    let worker = Running::start(&sender, 512);
    let mut delivered = 0;
    while delivered <= i64::try_from(HEALTHY).unwrap() && started.elapsed() < LONGEST_WAIT {
        tokio::time::sleep(Duration::from_millis(20)).await;
        delivered = delivered_to(&database, "healthy").await;
    }
    let seconds = started.elapsed().as_secs_f64();
    worker.abort();
    accepting.abort();
    delivered as f64 / seconds
}

fn settings(count: usize, url: impl Fn(usize) -> String) -> Vec<EndpointSettings> {
    (1..=count).map(|number| EndpointSettings::new(&url(number), SECRET).event_types(&["Others"])).collect()
}

/// Adds endpoints at once, since a name server that is silent takes its time for each.
async fn add<S: Store + Clone>(sender: &Sender<S>, settings: Vec<EndpointSettings>) {
    let mut adding = tokio::task::JoinSet::new();
    for (number, settings) in settings.into_iter().enumerate() {
        let sender = sender.clone();
        adding.spawn(async move { sender.add_endpoint(&format!("a-{number:03}"), settings).await.unwrap() });
    }
    adding.join_all().await;
}
