//! The demonstration: a Rust sender dispatches to a Node receiver that was installed from the packed tarball.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::Value;

use crate::build::{install, package};
use crate::step::{Done, output, root, step};

const SECRET: &str = "a demonstration secret of 36 letters";

/// What each delivery must come to: what it is, its kind, the status that the sender sees, and what the receiver says.
const EXPECTED: [[&str; 4]; 5] = [
    ["honest", "Ping", "204", r#"{"message":"ping"}"#],
    ["honest", "ActivityCreated", "204", r#"{"attrs":{"type":"behaviour","verb":"read"},"uuid":"user-1"}"#],
    ["honest", "PointWalletUpdated", "204", r#"8.0.3 → 9.0.0 {"newExampleField":"value"}"#],
    ["forged", "Ping", "401", "signature_mismatch"],
    ["stale", "Ping", "401", "timestamp_too_old"],
];

/// Runs it and prints what each side saw.
pub fn demo() -> Done {
    package()?;
    let scratch = install("demo")?;
    let script = scratch.join("receiver.mjs");
    fs::copy(root().join("examples/node/receiver.mjs"), &script).map_err(|error| format!("receiver.mjs: {error}"))?;
    let (sent, seen) = step("dispatch: Rust sender → HTTP on loopback → Node receiver", || {
        let (receiver, port, _stderr) = listen(Command::new("node").arg(&script).arg("0").current_dir(&scratch))?;
        let sent = output(
            Command::new(env!("CARGO"))
                .args(["run", "--quiet", "--features", "sqlite", "--example", "dispatch", "--"])
                .arg(format!("http://127.0.0.1:{port}/"))
                .env("MAMBO_SECRET", SECRET)
                .current_dir(root()),
        );
        let seen = stop(receiver)?;
        Ok((sent?, seen))
    })?;
    let sent: Vec<Vec<&str>> = sent.lines().map(|line| line.split('\t').collect()).collect();
    let seen: Vec<String> = seen.iter().map(|line| said(line)).collect::<Done<_>>()?;
    let width = sent
        .iter()
        .filter_map(|row| row.get(2))
        .map(|version| version.len())
        .max()
        .unwrap_or(0)
        .max(8)
        .saturating_add(2);
    println!("\n{:<8}{:<20}{:<width$}{:<8}receiver", "", "sender: kind", "version", "status");
    for (row, answer) in sent.iter().zip(&seen) {
        if let [what, kind, version, status] = row[..] {
            println!("{what:<8}{kind:<20}{version:<width$}{status:<8}{answer}");
        }
    }
    let rows: Vec<[&str; 4]> = sent
        .iter()
        .zip(&seen)
        .filter_map(|(row, answer)| Some([*row.first()?, *row.get(1)?, *row.get(3)?, answer.as_str()]))
        .collect();
    if rows != EXPECTED || sent.len() != seen.len() {
        return Err(format!("expected\n{EXPECTED:#?}\nfound\n{rows:#?}"));
    }
    println!("\nall {} deliveries ended as they must", rows.len());
    Ok(())
}

/// Starts a receiver and waits until it says its port on standard error.
fn listen(command: &mut Command) -> Done<(Child, String, BufReader<ChildStderr>)> {
    command
        .env("MAMBO_SECRET", SECRET)
        .env("MAMBO_REGISTRY", root().join("examples/registry/payload-9.0.0.json"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("the receiver did not start: {error}"))?;
    let mut stderr = BufReader::new(child.stderr.take().ok_or("no standard error")?);
    let mut line = String::new();
    stderr.read_line(&mut line).map_err(|error| error.to_string())?;
    let Some(port) = line.trim().strip_prefix("listening on ") else {
        let _ended = child.kill();
        return Err(format!("the receiver did not start: {line}"));
    };
    Ok((child, port.to_owned(), stderr))
}

/// Ends the receiver and hands back the lines that it printed.
fn stop(mut receiver: Child) -> Done<Vec<String>> {
    receiver.kill().map_err(|error| error.to_string())?;
    let output = receiver.wait_with_output().map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

/// What the receiver says of one delivery, in short.
fn said(line: &str) -> Done<String> {
    let said: Value = serde_json::from_str(line).map_err(|error| format!("receiver printed {line}: {error}"))?;
    let text = |name: &str| said.get(name).and_then(Value::as_str).unwrap_or_default();
    let data = said.get("data").map(Value::to_string).unwrap_or_default();
    let applied = said.get("applied").and_then(Value::as_array).is_some_and(|applied| !applied.is_empty());
    Ok(match said.get("ok").and_then(Value::as_bool) {
        Some(true) if applied => format!("{} → {} {data}", text("receivedVersion"), text("deliveredVersion")),
        Some(true) => data,
        _ => text("code").to_owned(),
    })
}
