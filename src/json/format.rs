//! Reprints JSON with different whitespace, as programs do that parse a body and print it again.

use alloc::string::String;

/// The whitespace that a JSON printer inserts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// No blanks, as `JSON.stringify` and serde print.
    Compact,
    /// One space after each comma and colon, as Python prints.
    Spaced,
    /// Each value on its own line, indented by this many spaces for each level.
    Indented(usize),
}

/// Prints `json`, which must be valid, in this style; `None` above twice its length plus a kilobyte, since blanks
/// grow with depth, and hostile depth must not fill the memory. Values and the order of members stay.
#[must_use]
pub fn reformat(json: &str, style: Style) -> Option<String> {
    let most = json.len().saturating_mul(2).saturating_add(1024);
    let mut text = String::with_capacity(json.len());
    let mut depth: usize = 0;
    let mut characters = json.chars().peekable();
    let line = |text: &mut String, depth: usize| {
        if let Style::Indented(width) = style {
            text.push('\n');
            // No real body is deeper than this.
            for _ in 0..depth.min(64).saturating_mul(width) {
                text.push(' ');
            }
        }
    };
    while let Some(character) = characters.next() {
        if text.len() > most {
            return None;
        }
        match character {
            '"' => {
                text.push('"');
                while let Some(inner) = characters.next() {
                    text.push(inner);
                    if inner == '\\' {
                        text.extend(characters.next());
                    } else if inner == '"' {
                        break;
                    }
                }
            }
            '{' | '[' => {
                text.push(character);
                while characters.next_if(char::is_ascii_whitespace).is_some() {}
                if let Some(close) = characters.next_if(|next| matches!(next, '}' | ']')) {
                    text.push(close);
                } else {
                    depth = depth.saturating_add(1);
                    line(&mut text, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut text, depth);
                text.push(character);
            }
            ',' => {
                text.push(',');
                if style == Style::Spaced {
                    text.push(' ');
                }
                line(&mut text, depth);
            }
            ':' => text.push_str(if style == Style::Compact { ":" } else { ": " }),
            blank if blank.is_ascii_whitespace() => {}
            other => text.push(other),
        }
    }
    Some(text)
}
