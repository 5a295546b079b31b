//! One signed test delivery to a URL, without a store.

use std::time::{Duration, Instant};

use mambo_webhooks::internal::commands::{Capture, Command, run};
use mambo_webhooks::send::now;
use reqwest::{Client, Url, redirect};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::CliOutput;
use crate::input::{json as data_of, secret, text};
use crate::setup::Setup;

const TIMEOUT: Duration = Duration::from_secs(15);

pub fn post(
    url: &str,
    event_type: String,
    id: Option<String>,
    data: &str,
    encoding: String,
    setup: &Setup,
) -> Result<CliOutput, String> {
    let url = permitted(url)?;
    let data = data_of(data)?;
    let profile = setup.profile().as_deref().map(text).transpose()?;
    let secret = Zeroizing::new(secret()?);
    let how = Capture { headers: String::new(), profile, secret, encoding: Some(encoding), now: now().0 };
    let id = id.unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
    let request = Command::Request { event_type, id, server: setup.server.to_string(), data, how };
    let request = run(&request, &[])?.json;
    let body = request.get("body").and_then(Value::as_str).unwrap_or_default().to_owned();
    let headers = request.get("headers").and_then(Value::as_array).cloned().unwrap_or_default();
    crate::runtime::runtime()?.block_on(async {
        let client = Client::builder().redirect(redirect::Policy::none()).no_proxy().timeout(TIMEOUT).build();
        let mut posted = client.map_err(|error| error.to_string())?.post(url.clone()).body(body);
        for header in headers.iter().filter_map(Value::as_array) {
            if let [Some(name), Some(value)] = [0, 1].map(|index| header.get(index).and_then(Value::as_str)) {
                posted = posted.header(name, value);
            }
        }
        #[expect(clippy::disallowed_methods, reason = "how long an answer takes is shown, nothing depends on it")]
        let start = Instant::now();
        let answer = posted.send().await.map_err(|error| failed(&url, &error))?;
        Ok(told(answer.status().as_u16(), start.elapsed()))
    })
}

/// Refuses a URL over which the payload could be read on the way.
fn permitted(url: &str) -> Result<Url, String> {
    let is_permitted = |read: &Url| {
        let is_here = matches!(read.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        read.scheme() == "https" || (read.scheme() == "http" && is_here)
    };
    let read = Url::parse(url).ok().filter(is_permitted);
    read.ok_or_else(|| "--url: expected https, or http to this machine".into())
}

fn failed(url: &Url, error: &reqwest::Error) -> String {
    let what = if error.is_timeout() { "no answer within 15 s" } else { "no connection" };
    // The URL may hold a password, or a token in its path.
    format!("{}: {what}", url.origin().ascii_serialization())
}

fn told(status: u16, time: Duration) -> CliOutput {
    let is_yes = (200..300).contains(&status);
    let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let json: Value = json!({ "status": status, "ms": ms });
    CliOutput(is_yes, format!("{status} in {ms} ms"), json)
}
