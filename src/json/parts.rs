//! An object or an array, taken apart: what both have in common.

use alloc::borrow::Cow;
use alloc::string::String;

use super::scan::{Broken, Scanner};
use super::value::{Node, Object, Part, Parts};

impl<'a> Part<'a> {
    pub(super) const fn new(name: Cow<'a, str>, value: Node<'a>) -> Self {
        Self { before: "", name, colon: ":", value, came: "", after: "" }
    }

    /// The text of the value as it came; none for a new one.
    #[must_use]
    pub const fn text(&self) -> Option<&'a str> {
        if self.came.is_empty() { None } else { Some(self.came) }
    }
}

impl<'a> Parts<'a> {
    /// Checks that `text` is JSON, and takes it apart when it starts with `open`, which is `{` or `[`; objects inside
    /// of it too, `depth` levels of them.
    pub(super) fn read(text: &'a str, open: u8, depth: u8) -> Result<Option<Self>, Broken> {
        let mut scanner = Scanner::new(text);
        scanner.blanks();
        if !scanner.take(open) {
            let found = scanner.value().and_then(|()| scanner.end());
            return if found.is_none() { Err(scanner.broken()) } else { Ok(None) };
        }
        let parts = Self::inside(&mut scanner, open, depth).filter(|_| scanner.end().is_some());
        parts.map(Some).ok_or_else(|| scanner.broken())
    }

    fn inside(scanner: &mut Scanner<'a>, open: u8, depth: u8) -> Option<Self> {
        let mut parts = Self::default();
        let close = if open == b'{' { b'}' } else { b']' };
        let mut before = scanner.blanks();
        if scanner.take(close) {
            parts.blank = before;
        } else {
            loop {
                let (mut name, mut colon) = ("", "");
                if close == b'}' {
                    let start = scanner.at();
                    scanner.name()?;
                    name = scanner.since(start);
                    let start = scanner.at();
                    scanner.colon()?;
                    colon = scanner.since(start);
                }
                let start = scanner.at();
                let inner = match depth.checked_sub(1) {
                    Some(depth) if scanner.take(b'{') => Some(Self::inside(scanner, b'{', depth)?),
                    _ => {
                        scanner.value()?;
                        None
                    }
                };
                let came = scanner.since(start);
                let value = inner.map_or(Node::new(came), |parts| Node::Object(Object(parts)));
                let after = scanner.blanks();
                parts.list.push(Part { before, name: Cow::Borrowed(name), colon, value, came, after });
                if scanner.take(close) {
                    break;
                }
                if !scanner.take(b',') {
                    return None;
                }
                before = scanner.blanks();
            }
        }
        Some(parts)
    }

    /// Appends the container to `to` as JSON, between its brackets.
    pub(super) fn print(&self, brackets: [char; 2], to: &mut String) {
        let [open, close] = brackets;
        to.push(open);
        for (index, part) in self.list.iter().enumerate() {
            if index > 0 {
                to.push(',');
            }
            to.push_str(part.before);
            if !part.name.is_empty() {
                to.push_str(&part.name);
                to.push_str(part.colon);
            }
            part.value.print(to);
            to.push_str(part.after);
        }
        to.push_str(self.blank);
        to.push(close);
    }
}
