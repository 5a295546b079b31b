//! The part of a container's text that was not handed out yet: finds the blanks between the values that serde found.

use alloc::borrow::Cow;

pub(super) struct Rest<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Rest<'a> {
    /// What stands behind the bracket that opens `text`.
    pub(super) fn behind(text: &'a str, bracket: char) -> Self {
        Self { text, at: text.find(bracket).unwrap_or_default().saturating_add(1) }
    }

    /// Everything up to `value`, which is a slice of the text; moves behind it.
    pub(super) fn until(&mut self, value: &'a str) -> Cow<'a, str> {
        let start = (value.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        let skipped = self.text.get(self.at..start).unwrap_or_default();
        self.at = start.saturating_add(value.len());
        Cow::Borrowed(skipped)
    }

    /// The blanks that come next.
    pub(super) fn blanks(&mut self) -> Cow<'a, str> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest.len().saturating_sub(rest.trim_ascii_start().len());
        self.at = self.at.saturating_add(length);
        Cow::Borrowed(rest.get(..length).unwrap_or_default())
    }

    pub(super) fn skip_comma(&mut self) {
        if self.text.as_bytes().get(self.at) == Some(&b',') {
            self.at = self.at.saturating_add(1);
        }
    }
}
