//! Looking into a captured delivery, and signing one.

use std::path::PathBuf;

use clap::Subcommand;
use mambo_webhooks::diagnose::{detect, field_hints};
use mambo_webhooks::send::now;
use mambo_webhooks::sign;
use mambo_webhooks::{KeyRing, Receiver, UnixMillis};
use serde_json::{Value, json};

use crate::CliOutput;
use crate::input::{read, read_profile, secret, text};

#[derive(Subcommand)]
pub enum Look {
    /// Say whether a captured delivery is accepted.
    Verify(Capture),
    /// Say why a captured delivery is refused, and what would explain it.
    Diagnose(Capture),
    /// Work out from a captured delivery how deliveries are signed and laid out; prints the profile.
    Detect(Capture),
    /// Print the signature header's value for a body.
    Sign {
        /// The body; `-` for standard input.
        #[arg(long)]
        body: PathBuf,
        /// A profile, as JSON.
        #[arg(long)]
        profile: Option<PathBuf>,
    },
}

/// A captured delivery.
#[derive(clap::Args)]
pub struct Capture {
    /// The headers, each on a line: `Name: value`.
    #[arg(long)]
    headers: PathBuf,
    /// The body, byte for byte; `-` for standard input.
    #[arg(long)]
    body: PathBuf,
    /// A profile, as JSON.
    #[arg(long)]
    profile: Option<PathBuf>,
    /// The time of the capture, in milliseconds since 1970. Default: now.
    #[arg(long)]
    now: Option<i64>,
}

/// Headers, a name and a value each.
type Lines = Vec<(String, String)>;

pub fn run(command: &Look) -> Result<CliOutput, String> {
    match command {
        Look::Verify(capture) => {
            let (headers, body) = capture.read()?;
            let answer = match capture.receiver()?.receive(&headers, &body, capture.now()) {
                Ok(received) => {
                    let (event_type, key) = (received.event.event_type(), received.verified().key_id());
                    let text = format!("accepted: {}", event_type.unwrap_or("an event without a type"));
                    CliOutput(true, text, json!({ "ok": true, "type": event_type, "keyId": key, "id": received.id }))
                }
                Err(error) => {
                    let (code, message) = (error.code().as_str(), error.to_string());
                    let text = format!("{code}: {message}\n{}", error.code().advice());
                    CliOutput(false, text, json!({ "ok": false, "code": code, "message": message }))
                }
            };
            Ok(answer)
        }
        Look::Diagnose(capture) => {
            let (headers, body) = capture.read()?;
            let diagnosis = capture.receiver()?.diagnose(&headers, &body, capture.now());
            let causes: Vec<Value> = diagnosis
                .causes
                .iter()
                .map(|cause| json!({ "code": cause.code(), "message": cause.to_string() }))
                .collect();
            let code = diagnosis.error.as_ref().map(|error| error.code().as_str());
            Ok(CliOutput(code.is_none(), diagnosis.to_string(), json!({ "code": code, "causes": causes })))
        }
        Look::Detect(capture) => {
            let (headers, body) = capture.read()?;
            let found = detect(&headers, &body, &[&secret()?], capture.now())
                .map_err(|error| format!("{}: {error}", error.code()))?;
            let seen = field_hints(&body);
            let seen: Vec<Value> =
                seen.iter().map(|seen| json!({ "what": seen.what, "at": seen.at.to_string() })).collect();
            let profiles: Vec<Value> = found
                .iter()
                .map(|found| {
                    let profile: Value = serde_json::from_str(&found.profile.to_json()).unwrap_or_default();
                    json!({ "encoding": found.encoding.name(), "isRecent": found.is_recent, "profile": profile })
                })
                .collect();
            let json = json!({ "profiles": profiles, "field_hints": seen });
            // The profile alone goes to standard output, so that it can go to a file; what else there is to say does
            // not.
            for seen in field_hints(&body) {
                eprintln!("{} seems to be at {}", seen.what, seen.at);
            }
            let profile = match found.first() {
                None => {
                    eprintln!("no profile fits: is it the right secret, and the body byte for byte?");
                    String::new()
                }
                Some(first) => {
                    eprintln!("the secret is written in {}", first.encoding.name());
                    first.profile.to_json()
                }
            };
            Ok(CliOutput(!found.is_empty(), profile, json))
        }
        Look::Sign { body, profile } => {
            let scheme = read_profile(profile.as_deref())?.scheme;
            let keys = KeyRing::single(&secret()?).map_err(|error| error.to_string())?;
            let value = sign(&scheme, &keys, &read(body)?, now()).map_err(|error| error.to_string())?;
            let json = json!({ "header": scheme.header, "value": value });
            Ok(CliOutput(true, value, json))
        }
    }
}

impl Capture {
    fn read(&self) -> Result<(Lines, Vec<u8>), String> {
        let lines = text(&self.headers)?;
        let pairs = lines.lines().filter_map(|line| line.split_once(':'));
        let headers = pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect();
        Ok((headers, read(&self.body)?))
    }

    fn receiver(&self) -> Result<Receiver, String> {
        let keys = KeyRing::single(&secret()?).map_err(|error| error.to_string())?;
        let profile = read_profile(self.profile.as_deref())?;
        Receiver::new(keys).profile(profile).map_err(|error| error.to_string())
    }

    fn now(&self) -> UnixMillis {
        self.now.map_or_else(now, UnixMillis)
    }
}
