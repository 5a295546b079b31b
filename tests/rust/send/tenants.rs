//! Tenants on the command line, and what workers do for them by themselves: retention, notices.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mambo_webhooks::send::{
    DisableReason, EndpointSettings, LogQuery, NewEvent, Notice, Retention, Schedule, Sender, SettingsChange, Sqlite,
    State, Store, Tenant, Waiting, WorkerOptions, now,
};
use mambo_webhooks::{Profile, Renderer, Shims, UnixMillis, Version};
use serde_json::Value;

use super::program::{Program, SECRET, text};
use super::receiver::{Manner, Receiver};
use super::scratch::Scratch;

const SERVER: Version = Version::new(9, 0, 0);
const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const GONE: &str = "HTTP/1.1 410 Gone\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

fn sender(scratch: &Scratch, receiver: &Receiver) -> Sender<Sqlite> {
    let renderer = Renderer::new(Profile::default(), Shims::default(), SERVER).unwrap();
    Sender::new(Sqlite::open(scratch.file("store.db")).unwrap(), renderer, receiver.options())
}

fn event(id: &str) -> NewEvent {
    NewEvent::new("Other", SERVER, "{}").unwrap().id(id)
}

/// Waits until something is so, for ten seconds at most.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _wait in 0..1000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("waited for {what} in vain");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_acts_for_one_tenant() {
    let scratch = Scratch::new();
    let receiver = Receiver::start(vec![Manner::Says(OK.into())]).await;
    let store = scratch.file("store.db").to_string_lossy().into_owned();
    let program = Program::new(store, scratch.file("authority.pem"), &receiver);
    let url = receiver.url().replace(super::receiver::HOST, "127.0.0.1");
    let run = |words: &str| {
        let output = program.command(words).output().unwrap();
        (text(&output.stdout).trim_end().to_owned(), text(&output.stderr).trim_end().to_owned(), output.status.code())
    };
    let done = |words: &str| {
        let (said, problem, code) = run(words);
        assert_eq!(code, Some(0), "{words}: {problem}");
        said
    };
    assert_eq!(done(&format!("endpoint add e {url} --tenant acme")), "added e; a Ping is on its way to it");
    done("worker --once");
    done("send --type Other --data {} --id to-acme --tenant acme");
    done("send --type Other --data {} --id to-default");
    done("worker --once");
    let events = |words: &str| {
        let lines = program.json(words);
        let lines = lines.as_array().unwrap().iter().filter(|line| line["type"] == "Other");
        lines
            .map(|line| format!("{}:{}", line["tenant"].as_str().unwrap(), line["event"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(events("log --tenant acme"), ["acme:to-acme"]);
    assert_eq!(events("log --tenant default"), ["default:to-default"]);
    assert_eq!(events("log").len(), 2);
    assert!(events("log --tenant default --event to-acme").is_empty());
    let shown = |words: &str| {
        let stats = program.json(words);
        let endpoints = stats["endpoints"].as_array().unwrap().iter();
        (stats["delivered"].as_u64().unwrap(), endpoints.map(|row| row["tenant"].clone()).collect::<Vec<Value>>())
    };
    assert_eq!(shown("stats --tenant acme"), (2, vec!["acme".into()]));
    assert_eq!(shown("stats"), (4, vec!["acme".into(), "default".into()]));
    assert_eq!(run("endpoint ping e --tenant other").1, "mambo-webhooks: endpoint_unknown: there is no endpoint `e`");
    let (_, problem, code) = run("stats --tenant \u{1f}");
    assert!(
        problem.contains("the tenant's name is blank, longer than 100 bytes, or has control characters"),
        "{problem}"
    );
    assert_eq!(code, Some(2));

    assert_eq!(done("tenant set --tenant acme --rate 50 --max-in-flight 9 --keep-log-days 7"), "set acme");
    let tenants = program.json("tenant list");
    assert_eq!(tenants[0]["tenant"], "acme");
    assert_eq!((&tenants[0]["ratePerSecond"], &tenants[0]["maxInFlight"]), (&50.into(), &9.into()));
    assert_eq!((&tenants[0]["keepLogMs"], &tenants[0]["keepDeadMs"]), (&604_800_000.into(), &Value::Null));
    let listed = "acme  endpoints 1  waiting 0  in flight 0  delivered 2  dead 0  rate 50  max in flight 9\n\
                  default  endpoints 1  waiting 0  in flight 0  delivered 2  dead 0";
    assert_eq!(done("tenant list"), listed);

    assert_eq!(done("endpoint change e --tenant acme --type Activity* --rate 3 --latest"), "changed e");
    assert_eq!(run("endpoint change e --tenant acme").1, "mambo-webhooks: nothing to change: see --help");
    assert_eq!(
        run("endpoint change e --tenant acme --type A*b").1,
        "mambo-webhooks: pattern_refused: the subscription `A*b` is blank or has `*` before its end"
    );
    assert_eq!(run("endpoint change e --url http://example.com/").1.split(':').nth(1), Some(" url_not_https"));
    done("send --type Other --data {} --id unheard --tenant acme");
    done("endpoint change e --tenant acme --all-types --no-rate");
    assert_eq!(done("endpoint recover e --tenant acme --since-ms 0"), "1 delivery is recovered");
    assert_eq!(done("endpoint cancel e --tenant acme"), "1 delivery is cancelled");
    assert_eq!(done("endpoint cancel e --tenant acme"), "0 deliveries are cancelled");
    assert_eq!(run("retry --dead").2, Some(1), "the default tenant has none");
    assert_eq!(done("retry --dead --tenant acme"), "1 delivery is tried again");
    let leaving = "e gets nothing new, and is removed when what waits is delivered";
    assert_eq!(done("endpoint remove e --deliver-waiting --tenant acme"), leaving);
    done("worker --once");
    assert_eq!(events("log --tenant acme --limit 1"), ["acme:unheard"]);
}

/// A worker keeps the store small by itself, and says what it forgot.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_forgets_by_itself_and_tells() {
    let scratch = Scratch::new();
    let receiver = Receiver::start(vec![Manner::Says(OK.into())]).await;
    let sender = sender(&scratch, &receiver);
    sender.add_endpoint("e", EndpointSettings::new(&receiver.url(), SECRET)).await.unwrap();
    sender.send(event("e-1")).await.unwrap();
    sender.worker(WorkerOptions::default()).unwrap().run_due().await.unwrap();
    assert_eq!(sender.counts().await.unwrap().delivered, 2);
    let told: Arc<Mutex<Vec<Notice>>> = Arc::default();
    let hears = Arc::clone(&told);
    let options = WorkerOptions::default()
        .retention(Retention::default().delivered(Duration::ZERO))
        .observer(move |notice: &Notice| hears.lock().unwrap().push(notice.clone()));
    let worker = sender.worker(options).unwrap();
    let metrics = worker.metrics();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(worker.run(async { drop(stopped.await) }));
    until("the notice", async || !told.lock().unwrap().is_empty()).await;
    assert_eq!(*told.lock().unwrap(), [Notice::Forgot { events: 2, attempts: 0 }]);
    assert_eq!(sender.counts().await.unwrap().delivered, 0);
    assert!(sender.log(LogQuery::default()).await.unwrap().is_empty());
    assert!(metrics.to_prometheus().contains("forgotten_events_total 2"));
    stop.send(()).unwrap();
    running.await.unwrap();
}

/// What happens reaches the observer, and the operator's endpoint as a signed event.
#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_gone_reaches_observer_and_operator() {
    let scratch = Scratch::new();
    let (gone, works) =
        (Receiver::start(vec![Manner::Says(GONE.into())]).await, Receiver::start(vec![Manner::Says(OK.into())]).await);
    let renderer = Renderer::new(Profile::default(), Shims::default(), SERVER).unwrap();
    let http = gone.options().extra_root(works.authority.clone());
    let sender = Sender::new(Sqlite::open(scratch.file("store.db")).unwrap(), renderer, http);
    let operator = sender.for_tenant(&Tenant::operator());
    let settings = EndpointSettings::new(&works.url(), SECRET).event_types(&["operator.*"]);
    operator.add_endpoint("me", settings).await.unwrap();
    let acme = sender.for_tenant(&Tenant::new("acme").unwrap());
    acme.add_endpoint("e", EndpointSettings::new(&gone.url(), SECRET)).await.unwrap();
    acme.send(event("e-1")).await.unwrap();
    let told: Arc<Mutex<Vec<Notice>>> = Arc::default();
    let hears = Arc::clone(&told);
    let options = WorkerOptions::default().observer(move |notice: &Notice| hears.lock().unwrap().push(notice.clone()));
    sender.worker(options).unwrap().run_due().await.unwrap();
    let names: Vec<&str> = told.lock().unwrap().iter().map(Notice::as_str).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    assert_eq!(counts, BTreeMap::from([("delivery_dead", 2), ("endpoint_disabled", 1)]));
    let mut bodies: Vec<Value> =
        works.requests().iter().map(|request| serde_json::from_slice(&request.body).unwrap()).collect();
    bodies.retain(|body| body["event"] != "Ping");
    let disabled = bodies.iter().find(|body| body["event"] == "operator.endpoint_disabled").unwrap();
    let expected = serde_json::json!({ "tenant": "acme", "endpoint": "e", "reason": "disabled_gone" });
    assert_eq!((bodies.len(), &disabled["data"]), (3, &expected));
}

/// Events missed while an endpoint was disabled come with the whole schedule, and what waits follows a changed URL.
#[tokio::test(flavor = "multi_thread")]
async fn missed_events_are_recovered_to_the_endpoint_s_new_address() {
    let scratch = Scratch::new();
    let failing = Manner::Says("HTTP/1.1 500 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".into());
    let (old, new) = (Receiver::start(vec![failing]).await, Receiver::start(vec![Manner::Says(OK.into())]).await);
    let renderer = Renderer::new(Profile::default(), Shims::default(), SERVER).unwrap();
    let http = old.options().extra_root(new.authority.clone());
    let sender = Sender::new(Sqlite::open(scratch.file("store.db")).unwrap(), renderer, http);
    let mut settings = EndpointSettings::new(&old.url(), SECRET);
    settings.max_in_flight = 1;
    sender.add_endpoint("e", settings).await.unwrap();
    let once = || WorkerOptions::default().schedule(Schedule::new(Vec::new()));
    let began = UnixMillis(now().0);
    sender.send(event("dead")).await.unwrap();
    sender.worker(once()).unwrap().run_due().await.unwrap();
    sender.set_state("e", State::Disabled(DisableReason::ByHand)).await.unwrap();
    sender.send(event("missed")).await.unwrap();
    sender.set_state("e", State::Enabled).await.unwrap();
    let mut change = SettingsChange::default();
    change.url = Some(new.url());
    sender.change_endpoint("e", change).await.unwrap();
    assert_eq!(sender.recover("e", began).await.unwrap(), 2);
    until("both", async || {
        sender.worker(once()).unwrap().run_due().await.unwrap();
        new.requests().len() == 2
    })
    .await;
    let mut ids: Vec<Value> = new
        .requests()
        .iter()
        .map(|request| serde_json::from_slice::<Value>(&request.body).unwrap()["id"].clone())
        .collect();
    ids.sort_by_key(Value::to_string);
    assert_eq!(ids, ["dead", "missed"]);
    sender.remove_endpoint("e", Waiting::Deliver).await.unwrap();
    assert!(sender.endpoints().await.unwrap().is_empty(), "nothing waited");
    assert_eq!(sender.store().counts(None).await.unwrap().dead, 1, "the Ping, which was for one attempt");
}
