//! A profile: everything about the wire that Mambo's public docs leave open, as one JSON document.

use alloc::string::String;

use crate::error::{Error, ProblemCount};
use crate::json::{Doc, Problems};
use crate::wire::envelope::EnvelopePaths;
use crate::wire::scheme::Scheme;

/// How deliveries are signed and laid out. The default is **assumed** where [`Scheme`] and [`EnvelopePaths`] say so.
///
/// ```
/// use mambo_webhooks::Profile;
///
/// # fn main() -> Result<(), mambo_webhooks::Error> {
/// let profile = Profile::from_json(r#"{"scheme":{"header":"x-signature","signedTexts":["{timestamp}.{body}"]}}"#)?;
/// assert_eq!(profile.scheme.header, "x-signature");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The signature scheme.
    pub scheme: Scheme,
    /// The envelope.
    pub envelope: EnvelopePaths,
}

impl Profile {
    /// Reads a profile and checks it. What is left out is as in the default.
    ///
    /// # Errors
    /// `profile_invalid`, with the first problem and its place.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let mut problems = Problems::default();
        let profile = Doc::parse(text, &mut problems).and_then(|doc| Self::read(&doc, &mut problems));
        match (profile, problems.first()) {
            (Some(profile), None) => profile.check().map(|()| profile),
            (_, first) => Err(invalid(first)),
        }
    }

    /// The profile as JSON, every member of it: what [`from_json`](Self::from_json) reads.
    #[must_use]
    pub fn to_json(&self) -> String {
        alloc::format!(r#"{{"scheme":{},"envelope":{}}}"#, self.scheme.to_json(), self.envelope.to_json())
    }

    /// Refuses a profile under which one delivery could be read in two ways.
    ///
    /// # Errors
    /// `profile_invalid`, with the first problem and its place.
    pub fn check(&self) -> Result<(), Error> {
        let mut problems = Problems::default();
        self.scheme.check(&mut problems);
        self.envelope.check(&mut problems);
        problems.first().map_or(Ok(()), |first| Err(invalid(Some(first))))
    }

    fn read(doc: &Doc<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = doc.fields(problems)?;
        let scheme = fields.take("scheme").and_then(|doc| Scheme::read(&doc, fields.problems));
        let envelope = fields.take("envelope").and_then(|doc| EnvelopePaths::read(&doc, fields.problems));
        fields.finish();
        Some(Self { scheme: scheme.unwrap_or_default(), envelope: envelope.unwrap_or_default() })
    }
}

fn invalid(first: Option<(usize, String)>) -> Error {
    let (count, first) = first.unwrap_or_default();
    Error::ProfileInvalid { count: ProblemCount(count), first }
}
