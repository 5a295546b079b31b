//! The command line: look into a captured delivery, sign one, and work with registries. Feature `cli`.
//!
//! The secret comes from the environment variable `MAMBO_SECRET`, never from an argument, which everybody on the
//! machine can read. Exit codes: 0 for yes, 1 for a refusal or a problem, 2 for a wrong call.

use std::fs;
use std::io::{Read, stdin};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use clap::{Parser, Subcommand};
use mambo_webhooks::detect::{detect, sightings};
use mambo_webhooks::json::Problems;
use mambo_webhooks::shim::{Strictness, apply, changelog};
use mambo_webhooks::sign::sign;
use mambo_webhooks::{KeyRing, Profile, Receiver, Registry, Release, Shims, UnixMillis};
use serde_json::{Value, json};

/// Look into Mambo webhooks.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
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
    /// Bring data of one release into the shape of another.
    Upgrade {
        /// A registry document.
        #[arg(long)]
        registry: PathBuf,
        /// The kind of event.
        #[arg(long)]
        kind: String,
        /// The release that the data is in.
        #[arg(long)]
        from: String,
        /// The release that is wanted.
        #[arg(long)]
        to: String,
        /// The data; `-` for standard input.
        #[arg(long)]
        data: PathBuf,
    },
    /// Every problem of a registry document.
    Check {
        /// The document.
        registry: PathBuf,
    },
    /// A registry document as Markdown.
    Changelog {
        /// The document; the built-in registry alone without one.
        registry: Option<PathBuf>,
    },
}

/// A captured delivery.
#[derive(clap::Args)]
struct Capture {
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

/// What is said, as lines and as JSON, and whether it is a yes.
struct Answer(bool, String, Value);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments.command) {
        Ok(Answer(is_yes, text, json)) => {
            println!("{}", if arguments.json { json.to_string() } else { text });
            ExitCode::from(u8::from(!is_yes))
        }
        Err(problem) => {
            eprintln!("mambo-webhooks: {problem}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::too_many_lines, reason = "one arm for each command, and nothing else")]
fn run(command: &Command) -> Result<Answer, String> {
    match command {
        Command::Verify(capture) => {
            let (headers, body) = capture.read()?;
            let answer = match capture.receiver()?.receive(&headers, &body, capture.now()) {
                Ok(received) => {
                    let (kind, key) = (received.event.kind(), received.verified().key_id());
                    let text = format!("accepted: {}", kind.unwrap_or("an event without a kind"));
                    Answer(true, text, json!({ "ok": true, "kind": kind, "keyId": key, "id": received.id }))
                }
                Err(error) => {
                    let (code, message) = (error.code().as_str(), error.to_string());
                    let text = format!("{code}: {message}\n{}", error.code().advice());
                    Answer(false, text, json!({ "ok": false, "code": code, "message": message }))
                }
            };
            Ok(answer)
        }
        Command::Diagnose(capture) => {
            let (headers, body) = capture.read()?;
            let diagnosis = capture.receiver()?.diagnose(&headers, &body, capture.now());
            let causes: Vec<Value> = diagnosis
                .causes
                .iter()
                .map(|cause| json!({ "code": cause.code(), "message": cause.to_string() }))
                .collect();
            let code = diagnosis.error.as_ref().map(|error| error.code().as_str());
            Ok(Answer(code.is_none(), diagnosis.to_string(), json!({ "code": code, "causes": causes })))
        }
        Command::Detect(capture) => {
            let (headers, body) = capture.read()?;
            let found = detect(&headers, &body, &[&secret()?], capture.now());
            let seen = sightings(&body);
            let seen: Vec<Value> =
                seen.iter().map(|seen| json!({ "what": seen.what, "at": seen.at.to_string() })).collect();
            let profiles: Vec<Value> = found
                .iter()
                .map(|found| {
                    let profile: Value = serde_json::from_str(&found.profile.to_json()).unwrap_or_default();
                    json!({ "encoding": found.encoding.name(), "isRecent": found.is_recent, "profile": profile })
                })
                .collect();
            let json = json!({ "profiles": profiles, "sightings": seen });
            // The profile alone goes to standard output, so that it can go to a file; what else there is to say does not.
            for seen in sightings(&body) {
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
            Ok(Answer(!found.is_empty(), profile, json))
        }
        Command::Sign { body, profile } => {
            let scheme = read_profile(profile.as_deref())?.scheme;
            let keys = KeyRing::single(&secret()?).map_err(|error| error.to_string())?;
            let value = sign(&scheme, &keys, &read(body)?, now()).map_err(|error| error.to_string())?;
            let json = json!({ "header": scheme.header, "value": value });
            Ok(Answer(true, value, json))
        }
        Command::Upgrade { registry, kind, from, to, data } => {
            let shims = Shims::from_json(&text(registry)?).map_err(|error| error.to_string())?;
            let release = |text: &str| text.parse::<Release>().map_err(|error| format!("{text}: {error}"));
            let data = text(data)?;
            if let Err(error) = serde_json::from_str::<&serde_json::value::RawValue>(&data) {
                return Err(format!("the data is not JSON at line {} column {}", error.line(), error.column()));
            }
            let plan = shims.plan(kind, release(from)?, release(to)?);
            let shimmed = apply(plan, &data, Strictness::Lenient).map_err(|error| error.to_string())?;
            let losses: Vec<Value> = shimmed
                .losses
                .iter()
                .map(|loss| json!({ "change": loss.change, "at": loss.at, "kind": loss.kind.as_str() }))
                .collect();
            let json = json!({ "data": shimmed.data, "applied": shimmed.applied, "losses": losses });
            Ok(Answer(true, shimmed.data.into_owned(), json))
        }
        Command::Check { registry } => {
            let mut problems = Problems::default();
            let _registry = Registry::over_builtin(&text(registry)?, &mut problems);
            let lines: Vec<String> =
                problems.list().iter().map(|problem| format!("{}: {problem} {}", problem.code, problem.hint)).collect();
            let rows: Vec<Value> = problems
                .list()
                .iter()
                .map(|problem| {
                    json!({ "code": problem.code, "at": problem.at, "sentence": problem.sentence, "hint": problem.hint })
                })
                .collect();
            let said = if lines.is_empty() { "no problem".into() } else { lines.join("\n") };
            Ok(Answer(lines.is_empty(), said, json!({ "problems": rows })))
        }
        Command::Changelog { registry } => {
            let registry = match registry {
                None => Registry::builtin(),
                Some(file) => {
                    let shims = Shims::from_json(&text(file)?).map_err(|error| error.to_string())?;
                    shims.registry().clone()
                }
            };
            let page = changelog(&registry);
            let json = json!({ "changelog": page });
            Ok(Answer(true, page, json))
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

fn secret() -> Result<String, String> {
    std::env::var("MAMBO_SECRET").map_err(|_| "set the environment variable MAMBO_SECRET".into())
}

fn read_profile(file: Option<&Path>) -> Result<Profile, String> {
    file.map_or_else(
        || Ok(Profile::default()),
        |file| Profile::from_json(&text(file)?).map_err(|error| error.to_string()),
    )
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let done = if file == Path::new("-") {
        stdin().read_to_end(&mut bytes).map(|_| ())
    } else {
        fs::read(file).map(|read| bytes = read)
    };
    done.map(|()| bytes).map_err(|error| format!("{}: {error}", file.display()))
}

fn text(file: &Path) -> Result<String, String> {
    String::from_utf8(read(file)?).map_err(|_| format!("{}: not UTF-8", file.display()))
}

#[expect(clippy::disallowed_methods, reason = "a command is an edge: it is where time comes in")]
fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
