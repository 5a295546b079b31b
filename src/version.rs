//! Product versions such as `8.10.2`: the versions that Mambo's payloads carry.

use core::fmt;
use core::str::FromStr;

/// A version of Mambo: three numbers, compared as numbers, so that 8.10.2 is newer than 8.7.2.
///
/// Source: docs.mambo.io/administrators/account/webhooks names 8.0.3, 8.10.2 and 9.0.0.
///
/// ```
/// use mambo_webhooks::Version;
///
/// let versions: Result<Vec<Version>, _> = "8.7.2 8.10.2".split(' ').map(str::parse).collect();
/// assert_eq!(versions.map(|mut all| all.pop()), Ok(Some(Version::new(8, 10, 2))));
/// assert!(Version::new(8, 10, 2) > Version::new(8, 7, 2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Raised by breaking changes.
    pub major: u32,
    /// Raised by additions.
    pub minor: u32,
    /// Raised by corrections.
    pub patch: u32,
}

/// The text is not three numbers joined by dots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAVersion;

const EXPECTED: &str = "expected three numbers joined by dots, such as 8.10.2";

impl Version {
    /// The version `major.minor.patch`.
    #[must_use]
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// The version in a document.
    ///
    /// # Errors
    /// A sentence that says what is expected.
    pub(crate) fn read(text: &str) -> Result<Self, &'static str> {
        text.parse().map_err(|NotAVersion| EXPECTED)
    }
}

impl FromStr for Version {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Self, NotAVersion> {
        let mut parts = text.split('.').map(number);
        match [parts.next(), parts.next(), parts.next(), parts.next()] {
            [Some(Some(major)), Some(Some(minor)), Some(Some(patch)), None] => Ok(Self::new(major, minor, patch)),
            _ => Err(NotAVersion),
        }
    }
}

/// A number in its only spelling: digits, no sign, no leading zero.
fn number(text: &str) -> Option<u32> {
    let canonical = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if canonical { text.parse().ok() } else { None }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl fmt::Display for NotAVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }
}

impl core::error::Error for NotAVersion {}
