//! Looking into a captured delivery, and signing one.

use std::path::PathBuf;

use clap::Subcommand;
use mambo_webhooks::internal::commands::{Answer, Capture, Command, run};
use mambo_webhooks::send::now;
use zeroize::Zeroizing;

use crate::input::{self, read, secret};

/// The furthest time that the npm package's program takes: JavaScript's numbers are exact up to it.
const MAX_MS: i64 = (1 << 53) - 1;

#[derive(Subcommand)]
pub enum Look {
    /// Say whether a captured delivery is accepted.
    Verify(Captured),
    /// Say why a captured delivery is refused, and what would explain it.
    Diagnose(Captured),
    /// Work out from a captured delivery how deliveries are signed and laid out; prints the profile.
    Detect(Captured),
    /// Print the signature header's value for a body, or all headers that signing adds if there are several.
    Sign {
        /// Headers that the profile signs, each on a line: `Name: value`.
        #[arg(long, value_name = "FILE")]
        headers: Option<PathBuf>,
        /// The body; `-` for standard input.
        #[arg(long, value_name = "FILE")]
        body: PathBuf,
        #[command(flatten)]
        how: How,
    },
}

/// A captured delivery.
#[derive(clap::Args)]
pub struct Captured {
    /// The headers, each on a line: `Name: value`.
    #[arg(long, value_name = "FILE")]
    headers: PathBuf,
    /// The body, byte for byte; `-` for standard input.
    #[arg(long, value_name = "FILE")]
    body: PathBuf,
    #[command(flatten)]
    how: How,
}

/// How a delivery is signed.
#[derive(clap::Args)]
pub struct How {
    /// A profile, as JSON.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// How the secret in `MAMBO_SECRET` is written: utf8, hex or base64.
    #[arg(long, default_value = "utf8")]
    encoding: String,
    /// The receiver's time, in milliseconds since 1970. Default: now.
    #[arg(long, value_name = "MILLISECONDS", value_parser = clap::value_parser!(i64).range(-MAX_MS..=MAX_MS))]
    now: Option<i64>,
}

pub fn inspect(command: &Look) -> Result<Answer, String> {
    let (capture, body) = match command {
        Look::Verify(captured) | Look::Diagnose(captured) | Look::Detect(captured) => {
            (captured.how.capture(Some(&captured.headers))?, &captured.body)
        }
        Look::Sign { headers, body, how } => (how.capture(headers.as_ref())?, body),
    };
    let body = read(body)?;
    let command = match command {
        Look::Verify(_) => Command::Verify(capture),
        Look::Diagnose(_) => Command::Diagnose(capture),
        Look::Detect(_) => Command::Detect(capture),
        Look::Sign { .. } => Command::Sign(capture),
    };
    run(&command, &body)
}

impl How {
    fn capture(&self, headers: Option<&PathBuf>) -> Result<Capture, String> {
        let text = |file: &PathBuf| input::text(file);
        Ok(Capture {
            headers: headers.map(text).transpose()?.unwrap_or_default(),
            profile: self.profile.as_ref().map(text).transpose()?,
            secret: Zeroizing::new(secret()?),
            encoding: Some(self.encoding.clone()),
            now: self.now.unwrap_or_else(|| now().0),
        })
    }
}
