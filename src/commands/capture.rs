//! Looking into a captured delivery, and signing one.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::answer::Answer;
use super::command::Capture;
use crate::crypto::encoding::Encoding;
use crate::crypto::key::{Key, KeyRing, SecretPolicy};
use crate::diagnose::{detect, field_hints, undecided};
use crate::error::Error;
use crate::receive::Receiver;
use crate::redact::visible;
use crate::render::{OutboundEvent, Renderer, VersionPolicy};
use crate::shim::Shims;
use crate::sign::sign_headers;
use crate::time::{Tolerance, UnixMillis};
use crate::version::Version;
use crate::wire::profile::Profile;
use crate::wire::timestamp::TimestampSource;

impl Capture {
    pub(super) fn verify(&self, body: &[u8]) -> Result<Answer, String> {
        let answer = match self.receiver()?.receive(&self.headers(), body, UnixMillis(self.now)) {
            Ok(received) => {
                let (event_type, key) = (received.event.event_type(), received.verified().key_id());
                let text = alloc::format!("accepted: {}", visible(event_type.unwrap_or("an event without a type")));
                Answer::new(true, text, json!({ "ok": true, "type": event_type, "keyId": key, "id": received.id }))
            }
            Err(error) => refused(&error),
        };
        Ok(answer)
    }

    pub(super) fn diagnose(&self, body: &[u8]) -> Result<Answer, String> {
        let diagnosis = self.receiver()?.diagnose(&self.headers(), body, UnixMillis(self.now));
        let causes: Vec<Value> = diagnosis
            .causes
            .iter()
            .map(|cause| json!({ "code": cause.code(), "message": cause.to_string() }))
            .collect();
        let code = diagnosis.error.as_ref().map(|error| error.code().as_str());
        Ok(Answer::new(code.is_none(), diagnosis.to_string(), json!({ "code": code, "causes": causes })))
    }

    pub(super) fn detect(&self, body: &[u8]) -> Result<Answer, String> {
        let found =
            detect(&self.headers(), body, &[&self.secret], UnixMillis(self.now)).map_err(|error| said(&error))?;
        let hints = field_hints(body);
        let open = undecided(&found, &hints);
        let seen = hints.iter().map(|hint| alloc::format!("{} seems to be at {}", hint.what, hint.at));
        let mut remarks = Vec::new();
        match found.profiles.first() {
            None => remarks.push(
                "no profile fits: compare MAMBO_SECRET with the secret in Mambo, and pass the body byte for byte"
                    .into(),
            ),
            Some(first) => remarks.push(alloc::format!("the secret is written in {}", first.encoding.name())),
        }
        remarks.extend(seen);
        remarks.extend(open.iter().map(|open| alloc::format!("{}: {}", open.code, open.message)));
        let profiles: Vec<Value> = found
            .profiles
            .iter()
            .map(|found| {
                let profile: Value = serde_json::from_str(&found.profile.to_json()).unwrap_or_default();
                json!({ "encoding": found.encoding.name(), "isRecent": found.is_recent, "profile": profile })
            })
            .collect();
        let hints: Vec<Value> =
            hints.iter().map(|hint| json!({ "what": hint.what, "at": hint.at.to_string() })).collect();
        let open: Vec<Value> = open.iter().map(|open| json!({ "code": open.code, "message": open.message })).collect();
        let json = json!({ "profiles": profiles, "fieldHints": hints, "undecided": open });
        // The profile alone is the text, so that it can go to a file.
        let profile = found.profiles.first().map(|first| first.profile.to_json()).unwrap_or_default();
        Ok(Answer { is_yes: !found.profiles.is_empty(), text: profile, remarks, json })
    }

    pub(super) fn sign(&self, body: &[u8]) -> Result<Answer, String> {
        let scheme = self.profile()?.scheme;
        let signed = sign_headers(&scheme, &self.keys()?, &self.headers(), body, UnixMillis(self.now));
        let signed = signed.map_err(|error| said(&error))?;
        let value = signed.value.clone();
        let headers: Vec<(String, String)> = signed.into_pairs().collect();
        let json = json!({ "value": value, "headers": headers });
        // More than the signature is needed only by profiles with a header for the timestamp.
        let text = match headers.as_slice() {
            [_] => value,
            headers => {
                let lines: Vec<String> =
                    headers.iter().map(|(name, value)| alloc::format!("{name}: {value}")).collect();
                lines.join("\n")
            }
        };
        Ok(Answer::new(true, text, json))
    }

    pub(super) fn request(&self, event_type: &str, id: &str, server: &str, data: &str) -> Result<Answer, String> {
        let server = version(server)?;
        let renderer = Renderer::new(self.profile()?, Shims::default(), server).map_err(|error| said(&error))?;
        let event = OutboundEvent::new(event_type, server, data).id(id);
        let request = renderer.render(&event, VersionPolicy::Latest, &self.keys()?, UnixMillis(self.now));
        let request = request.map_err(|error| said(&error))?;
        let body = String::from_utf8(request.body).map_err(|_| "the body is not UTF-8")?;
        let json = json!({ "headers": request.headers, "body": body });
        Ok(Answer::new(true, "", json))
    }

    pub(super) fn headers(&self) -> Vec<(String, String)> {
        let pairs = self.headers.lines().filter_map(|line| line.split_once(':'));
        pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect()
    }

    fn profile(&self) -> Result<Profile, String> {
        let profile = self.profile.as_deref().map_or_else(|| Ok(Profile::default()), Profile::from_json);
        profile.map_err(|error| said(&error))
    }

    fn keys(&self) -> Result<KeyRing, String> {
        let encoding = match &self.encoding {
            None => Encoding::default(),
            Some(name) => {
                let known = Encoding::NAMES.into_iter().find(|(known, _)| known == name);
                known.ok_or("expected an encoding of `utf8`, `hex` or `base64`")?.1
            }
        };
        let key = Key::new("default", &self.secret, encoding, SecretPolicy::Strong);
        key.and_then(|key| KeyRing::new(alloc::vec![key])).map_err(|error| said(&error))
    }

    pub(super) fn receiver(&self) -> Result<Receiver, String> {
        let profile = self.profile()?;
        let has_timestamp = profile.scheme.timestamp != TimestampSource::None;
        let receiver = Receiver::new(self.keys()?).profile(profile).map_err(|error| said(&error))?;
        // The profile says by a word that replays are not bounded; no receiver is set up here.
        let unlimited = Tolerance::default().any_age().any_lead();
        Ok(if has_timestamp { receiver } else { receiver.tolerance(unlimited) })
    }
}

/// A refusal, with what to do about it.
fn refused(error: &Error) -> Answer {
    let (code, message) = (error.code().as_str(), error.to_string());
    let text = alloc::format!("{code}: {message}\n{}", error.code().advice());
    Answer::new(false, text, json!({ "ok": false, "code": code, "message": message }))
}

/// A version of an option.
pub(super) fn version(text: &str) -> Result<Version, String> {
    text.parse().map_err(|_| alloc::format!("`{text}`: expected three numbers joined by dots, such as 8.10.2"))
}

/// An error with its code in front.
pub(super) fn said(error: &Error) -> String {
    alloc::format!("{}: {error}", error.code())
}
