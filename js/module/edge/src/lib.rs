//! What the modules of the npm package have in common: values in, JSON text out.
//!
//! An answer is one text, `{"ok":…}` or `{"error":…}`: it crosses the boundary in one piece, and the host's own parser,
//! faster than any object built from here, makes values of it, the event's data included.

use mambo_webhooks::error::Error;
use mambo_webhooks::json::quoted;
use mambo_webhooks::time::UnixMillis;
use mambo_webhooks::verify::Headers;

/// An object that grows member by member.
#[derive(Debug)]
pub struct Members(String);

impl Members {
    /// An object that starts with this text.
    #[must_use]
    pub fn new(start: &str) -> Self {
        let mut text = String::with_capacity(256);
        text.push_str(start);
        Self(text)
    }

    /// Adds a member whose value is JSON text.
    pub fn raw(&mut self, name: &str, json: &str) -> &mut Self {
        if !self.0.ends_with('{') {
            self.0.push(',');
        }
        for part in ["\"", name, "\":", json] {
            self.0.push_str(part);
        }
        self
    }

    /// Adds a member whose value is text.
    pub fn text(&mut self, name: &str, text: &str) -> &mut Self {
        self.raw(name, &quoted(text))
    }

    /// The same, if there is a text.
    pub fn optional(&mut self, name: &str, text: Option<&str>) -> &mut Self {
        if let Some(text) = text {
            self.text(name, text);
        }
        self
    }

    /// Adds a member whose value is a list.
    pub fn list<T>(&mut self, name: &str, items: &[T], item: impl Fn(&T) -> String) -> &mut Self {
        let mut list = String::from("[");
        for (index, each) in items.iter().enumerate() {
            if index > 0 {
                list.push(',');
            }
            list.push_str(&item(each));
        }
        list.push(']');
        self.raw(name, &list)
    }

    /// The object as text, and this behind it.
    pub fn end(&mut self, end: &str) -> String {
        self.0.push_str(end);
        core::mem::take(&mut self.0)
    }
}

/// A failure as JSON.
#[must_use]
pub fn failure(error: &Error) -> String {
    let code = error.code();
    let mut members = Members::new("{");
    members.text("code", code.as_str()).text("fault", code.fault().as_str());
    members.text("message", &format!("{error}")).end("}")
}

/// `{"error":…}`.
#[must_use]
pub fn failed(error: &Error) -> String {
    ["{\"error\":", &failure(error), "}"].concat()
}

/// `{"ok":…}` of a text.
#[must_use]
pub fn text(text: &str) -> String {
    ["{\"ok\":", &quoted(text), "}"].concat()
}

/// Names and values in turn, each on a line.
#[derive(Clone, Copy, Debug)]
pub struct Lines<'h>(pub &'h str);

impl Headers for Lines<'_> {
    fn visit(&self, act: &mut dyn FnMut(&str, &[u8])) {
        let mut lines = self.0.split('\n');
        while let (Some(name), Some(value)) = (lines.next(), lines.next()) {
            act(name, value.as_bytes());
        }
    }
}

/// The time that a number of JavaScript stands for.
///
/// # Errors
/// `now_invalid`.
pub fn now_millis(now: f64) -> Result<UnixMillis, Error> {
    // Every whole number of this size is exact in an f64, so the cast below changes nothing.
    const LARGEST: f64 = 9_007_199_254_740_991.0;
    if now.is_finite() && now.abs() <= LARGEST && now % 1.0 == 0.0 {
        #[expect(clippy::cast_possible_truncation, reason = "whole and in range, as just checked")]
        return Ok(UnixMillis(now as i64));
    }
    Err(Error::NowInvalid)
}
