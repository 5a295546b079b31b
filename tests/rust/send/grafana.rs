//! The dashboard for Grafana asks for metrics that there are, and for all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use mambo_webhooks::send::{EndpointSettings, NewEvent, Sender, Sqlite, Store, Tenant, WorkerOptions};
use mambo_webhooks::{Profile, Renderer, Shims, Version};
use serde_json::Value;

use super::program::SECRET;
use super::receiver::{Manner, Receiver};
use super::scratch::Scratch;

const SERVER: Version = Version::new(9, 0, 0);
const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const DASHBOARD: &str = include_str!("../../../examples/grafana/mambo-webhooks.json");

/// The names of samples, with the values of each of their labels.
type Samples = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// What a worker of two tenants exports, and of one of them alone.
async fn exported() -> (String, String) {
    let scratch = Scratch::new();
    let receiver = Receiver::start(vec![Manner::Says(OK.into())]).await;
    let renderer = Renderer::new(Profile::default(), Shims::default(), SERVER).unwrap();
    let sender = Sender::new(Sqlite::open(scratch.file("store.db")).unwrap(), renderer, receiver.options());
    for name in ["acme", "zoo"] {
        let tenant = sender.for_tenant(&Tenant::new(name).unwrap());
        tenant.add_endpoint("e", EndpointSettings::new(&receiver.url(), SECRET)).await.unwrap();
        tenant.send(NewEvent::new("Other", SERVER, "{}").unwrap()).await.unwrap();
    }
    let worker = sender.worker(WorkerOptions::default()).unwrap();
    let metrics = worker.metrics();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(worker.run(async { drop(stopped.await) }));
    for _wait in 0..1000 {
        // A Ping and an event for each tenant.
        if sender.store().counts(None).await.unwrap().delivered == 4 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stop.send(()).unwrap();
    running.await.unwrap();
    let all = metrics.scrape(sender.store(), None).await.unwrap();
    (all, metrics.scrape(sender.store(), Some(&Tenant::new("acme").unwrap())).await.unwrap())
}

/// Reads the samples of a text of metrics. No label in it has an escaped value.
fn samples(text: &str) -> Samples {
    let mut found = Samples::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let values = found.entry(name.to_owned()).or_default();
        for label in labels.trim_end_matches('}').split(',').filter(|label| !label.is_empty()) {
            let (label, value) = label.split_once('=').unwrap();
            values.entry(label.to_owned()).or_default().insert(value.trim_matches('"').to_owned());
        }
    }
    found
}

/// The selectors of an expression: each metric's name, with its matchers as label, operator and value.
fn selectors(expression: &str) -> Vec<(String, Vec<[String; 3]>)> {
    let mut found = Vec::new();
    for rest in expression.split("mambo_webhooks_").skip(1) {
        let end = rest.find(|letter: char| !letter.is_ascii_lowercase() && letter != '_').unwrap_or(rest.len());
        let name = format!("mambo_webhooks_{}", &rest[..end]);
        let matchers = rest[end..].strip_prefix('{').map_or("", |rest| rest.split_once('}').unwrap().0);
        let matchers = matchers.split(',').filter(|matcher| !matcher.is_empty()).map(|matcher| {
            let (left, value) = matcher.split_once('"').unwrap();
            let label = left.trim_end_matches(['=', '~', '!']);
            [label.to_owned(), left[label.len()..].to_owned(), value.trim_end_matches('"').to_owned()]
        });
        found.push((name, matchers.collect()));
    }
    found
}

/// The labels that an expression keeps, in `by (…)`.
fn kept(expression: &str) -> BTreeSet<&str> {
    expression
        .split("by (")
        .skip(1)
        .flat_map(|rest| rest.split_once(')').unwrap().0.split(',').map(str::trim))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_asks_for_every_metric_that_there_is_and_for_no_other() {
    let (text, alone) = exported().await;
    let samples = samples(&text);
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let mut asked = BTreeSet::new();
    let mut titles = BTreeSet::new();
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        let title = panel["title"].as_str().unwrap();
        assert!(titles.insert(title), "{title} is there twice");
        for target in panel["targets"].as_array().unwrap() {
            let (expression, legend) = (target["expr"].as_str().unwrap(), target["legendFormat"].as_str().unwrap());
            let selectors = selectors(expression);
            assert!(!selectors.is_empty(), "{title}: {expression}");
            for (name, matchers) in &selectors {
                let labels = samples.get(name).unwrap_or_else(|| panic!("{title}: there is no {name}"));
                for [label, operator, value] in matchers {
                    let values = labels.get(label).unwrap_or_else(|| panic!("{title}: {name} has no {label}"));
                    let is_plain = !value.contains(['$', '[', '.']);
                    if is_plain && operator.starts_with('=') {
                        let missing: Vec<&str> = value.split('|').filter(|value| !values.contains(*value)).collect();
                        assert!(missing.is_empty(), "{title}: {label} is never {missing:?}, but {values:?}");
                    }
                }
                for label in kept(expression) {
                    assert!(labels.contains_key(label), "{title}: {name} has no {label}");
                }
                asked.insert(name.clone());
            }
            let named: BTreeSet<&str> =
                legend.split("{{").skip(1).map(|rest| rest.split_once("}}").unwrap().0).collect();
            let mut kept = kept(expression);
            kept.remove("le");
            assert!(named.is_subset(&kept), "{title}: `{legend}` names what `{expression}` does not keep");
            assert!(named == kept || expression.contains("state="), "{title}: series of `{expression}` look alike");
            let unit = panel["fieldConfig"]["defaults"]["unit"].as_str().unwrap();
            let is_ratio = title.contains("ratio");
            let is_time = expression.contains("_seconds");
            let is_rate = expression.contains("rate(") && !is_ratio && !is_time;
            let expected: &[&str] = match (is_ratio, is_time, is_rate) {
                (true, ..) => &["percentunit"],
                (_, true, _) => &["s"],
                (_, _, true) => &["reqps", "ops"],
                _ => &["short"],
            };
            assert!(expected.contains(&unit), "{title}: {unit}");
        }
    }
    assert_eq!(asked, samples.keys().cloned().collect(), "each metric has a panel");
    let variable = &dashboard["templating"]["list"][1];
    assert_eq!(variable["definition"], "label_values(mambo_webhooks_tenant_deliveries, tenant)");
    assert_eq!(samples["mambo_webhooks_tenant_deliveries"]["tenant"], ["acme", "zoo"].map(String::from).into());
    assert!(text.contains("mambo_webhooks_tenant_deliveries{tenant=\"zoo\",state=\"delivered\"} 2"), "{text}");
    assert!(text.contains("mambo_webhooks_attempts_total{outcome=\"2xx\",tenant=\"acme\"} 2"), "{text}");
    assert!(!alone.contains("zoo") && alone.contains("mambo_webhooks_deliveries{state=\"delivered\"} 2"), "{alone}");
}

/// The table of names in the documentation is that of the metrics.
#[tokio::test(flavor = "multi_thread")]
async fn the_documentation_names_every_metric() {
    let (text, _) = exported().await;
    let families: BTreeSet<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE mambo_webhooks_"))
        .map(|line| {
            let (name, kind) = line.split_once(' ').unwrap();
            if kind == "counter" { format!("{name}_total") } else { name.to_owned() }
        })
        .collect();
    let doc = include_str!("../../../docs/SENDER.md");
    let section = doc.split_once("\n## Metrics\n").unwrap().1.split_once("\n## ").unwrap().0;
    let named: BTreeSet<String> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .map(|line| line.split_once('`').unwrap().0.split('{').next().unwrap().to_owned())
        .collect();
    assert_eq!(named, families);
}
