//! Carries out commands.

use alloc::string::String;

use super::answer::Answer;
use super::command::Command;
use super::listen;
use super::registry;

/// Carries out a command.
///
/// # Errors
/// A sentence that says which input cannot be used.
pub fn run(command: &Command, body: &[u8]) -> Result<Answer, String> {
    match command {
        Command::Verify(capture) => capture.verify(body),
        Command::Diagnose(capture) => capture.diagnose(body),
        Command::Detect(capture) => capture.detect(body),
        Command::Sign(capture) => capture.sign(body),
        Command::Receive { how } => listen::receive(how.as_ref(), body).map(listen::Received::into_answer),
        Command::Request { event_type, id, server, data, how } => how.request(event_type, id, server, data),
        Command::Upgrade { registry, event_type, from, to, data } => {
            registry::upgrade(registry, event_type, from, to, data)
        }
        Command::RegistryCheck { registry, against } => registry::check(registry, against.as_deref()),
        Command::RegistryDiff { older, newer, from, to, event_type } => {
            let versions = from.as_deref().zip(to.as_deref());
            registry::diff(older, newer.as_deref(), versions, event_type.as_deref())
        }
        Command::RegistryInfer(infer) => infer.run(),
        Command::RegistryTypes { registry, samples, language, version, event_type, pinned, profile } => {
            let found = samples.as_ref().map(|samples| samples.read(profile.as_deref(), event_type.as_deref()));
            let found = found.transpose()?.unwrap_or_default();
            registry::types(registry.as_deref(), &found, language, version, pinned.as_deref())
        }
        Command::RegistryChangelog { registry } => registry::changelog(registry.as_deref()),
    }
}
