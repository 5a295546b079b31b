//! How things look on a terminal: colours only there, progress only for people.

use std::fmt::Display;
use std::io::{IsTerminal, Write as _};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressStyle};
use mambo_webhooks::send::store::{EndpointHealth, LogLine};
use mambo_webhooks::send::{BreakerState, SendError};
use serde_json::{Value, json};

/// Green for what went well, red for what did not; plain where the output is no terminal.
pub fn coloured(text: &str, is_good: bool) -> String {
    if !std::io::stdout().is_terminal() || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        return text.to_owned();
    }
    let colour = if is_good { AnsiColor::Green } else { AnsiColor::Red };
    let style = Style::new().fg_color(Some(colour.into()));
    format!("{style}{text}{style:#}")
}

/// Prints a line. It is dropped when the reader is gone, as behind `| head`: what the command does counts, and is done.
pub fn print(line: impl Display) {
    drop(writeln!(std::io::stdout(), "{line}"));
}

/// Prints a line to standard error. It is dropped when the reader is gone.
pub fn print_problem(line: impl Display) {
    drop(writeln!(std::io::stderr(), "{line}"));
}

/// Prints a warning to standard error, about a command that is carried out nevertheless.
pub fn remark(text: &str) {
    print_problem(format_args!("mambo-webhooks: {text}"));
}

/// A number and what it counts.
pub fn counted(count: u64, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

/// A failure of the sender, by its code.
#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
pub fn describe(error: SendError) -> String {
    format!("{}: {error}", error.code())
}

/// A count that goes up, on standard error, if that is a terminal.
pub fn progress(what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {msg} {human_pos} ({per_sec})");
    let bar = ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.set_message(what);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// The state of an endpoint, as it is shown.
pub fn state(health: &EndpointHealth) -> &'static str {
    health.endpoint.as_ref().map_or("unreadable", |endpoint| endpoint.state.as_str())
}

/// The state of a circuit breaker, as it is shown.
pub const fn breaker(health: &EndpointHealth) -> &'static str {
    match health.breaker {
        BreakerState::Closed => "closed",
        BreakerState::Open(_) => "open",
        BreakerState::Probing => "probing",
    }
}

/// An endpoint and how it does, in a line.
pub fn health(health: &EndpointHealth) -> String {
    let state = state(health);
    format!(
        "{}  {}  breaker {}  waiting {}  in flight {}  dead {}  last {} attempts of 24 h: {} delivered, p50 {} ms, p99 {} ms",
        health.key,
        coloured(state, state == "enabled"),
        coloured(breaker(health), health.breaker == BreakerState::Closed),
        health.waiting,
        health.in_flight,
        health.dead,
        health.attempts,
        health.delivered,
        health.p50.as_millis(),
        health.p99.as_millis()
    )
}

/// A line of the delivery log, without the answer's body.
pub fn line(line: &LogLine) -> String {
    let attempt = &line.attempt;
    let outcome = match (attempt.answer.status, attempt.answer.failure) {
        (Some(status), None) => status.to_string(),
        (Some(status), Some(failure)) => format!("{status} {failure}"),
        (None, failure) => failure.map_or_else(String::new, |failure| failure.to_string()),
    };
    let outcome = coloured(&outcome, attempt.answer.is_delivered());
    let manual = if attempt.is_manual { "by hand" } else { "" };
    format!(
        "{}  delivery {}  {} -> {}  attempt {} {manual}  {outcome}  {} ms  {}",
        attempt.started.0,
        line.delivery,
        line.event_type,
        line.endpoint,
        attempt.number,
        attempt.answer.elapsed.as_millis(),
        line.state
    )
}

/// A line of the log as JSON, with the answer's body as far as it is text.
pub fn value(line: &LogLine) -> Value {
    let attempt = &line.attempt;
    json!({
        "delivery": line.delivery,
        "event": line.event,
        "type": line.event_type,
        "tenant": line.endpoint.tenant().as_str(),
        "endpoint": line.endpoint.id(),
        "replays": line.replays,
        "state": line.state,
        "attempt": attempt.number,
        "isManual": attempt.is_manual,
        "startedMs": attempt.started.0,
        "version": attempt.version.map(|version| version.to_string()),
        "status": attempt.answer.status,
        "failure": attempt.answer.failure.map(mambo_webhooks::send::Failure::as_str),
        "elapsedMs": millis(attempt.answer.elapsed),
        "remote": attempt.answer.remote,
        "body": String::from_utf8_lossy(&attempt.answer.body),
        "isTruncated": attempt.answer.is_truncated,
    })
}

/// A duration as JSON has it, in whole milliseconds.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
