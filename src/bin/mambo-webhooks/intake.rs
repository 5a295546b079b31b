//! Taking events from the command line.

use std::fs;
use std::io::{BufRead, stdin};

use mambo_webhooks::Version;
use mambo_webhooks::send::{Enqueued, NewEvent, Sender, Store};
use serde_json::{Value, json};

use crate::show::{describe, print, remark};
use crate::{CliOutput, input, show};

/// What is known of the events before their data is read.
pub struct Event {
    /// The event type.
    pub name: String,
    /// JSON itself, a file with it, or `-`.
    pub data: String,
    pub id: Option<String>,
    pub key: Option<String>,
    pub traceparent: Option<String>,
    /// Whether Mambo's docs or the registry name the event type.
    pub is_known: bool,
}

impl Event {
    fn make(&self, data: &str, server: Version) -> Result<NewEvent, String> {
        let mut event = NewEvent::new(&self.name, server, data).map_err(describe)?;
        if let Some(id) = &self.id {
            event = event.id(id);
        }
        if let Some(key) = &self.key {
            event = event.idempotency_key(key);
        }
        if let Some(traceparent) = &self.traceparent {
            event = event.traceparent(traceparent);
        }
        Ok(event)
    }
}

/// Takes one event, or with `lines` an event for each line of the data.
pub async fn send<S: Store>(
    sender: &Sender<S>,
    event: Event,
    lines: bool,
    server: Version,
    json: bool,
) -> Result<CliOutput, String> {
    if !event.name.trim().is_empty() && !event.is_known {
        let name = &event.name;
        remark(&format!("neither Mambo's docs nor the registry name the event type `{name}`"));
    }
    if !lines {
        let taken = sender.send(event.make(&input::json(&event.data)?, server)?).await.map_err(describe)?;
        if !taken.is_new {
            remark(&format!("event {} has this key, so this one was not taken", taken.event));
        } else if taken.deliveries == 0 {
            remark("no enabled endpoint subscribes to it, so it is not delivered");
        }
        return Ok(CliOutput(true, taken.event.clone(), value(&taken)));
    }
    let reader: Box<dyn BufRead> = if event.data == "-" {
        Box::new(stdin().lock())
    } else {
        Box::new(std::io::BufReader::new(
            fs::File::open(&event.data).map_err(|error| format!("{}: {error}", event.data))?,
        ))
    };
    let bar = show::progress("events taken");
    for (number, line) in (1_usize..).zip(reader.lines()) {
        let here = |problem: String| format!("line {number}: {problem}; the lines before it are taken");
        let made = line.map_err(|error| error.to_string()).and_then(|line| event.make(&line, server)).map_err(here)?;
        let taken = sender.send(made).await.map_err(|error| here(describe(error)))?;
        print(if json { value(&taken).to_string() } else { taken.event });
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(CliOutput(true, String::new(), json!({ "done": true })))
}

fn value(taken: &Enqueued) -> Value {
    json!({ "event": taken.event, "deliveries": taken.deliveries, "isNew": taken.is_new })
}
