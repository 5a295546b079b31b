//! Texts cut at a mark, byte by byte: they are short, and the library's search for patterns is made for long ones.

/// The texts in front of the first `mark`, which is ASCII, and behind it; `None` where there is none.
#[inline]
pub(crate) fn cut(text: &str, mark: char) -> Option<(&str, &str)> {
    let mark = u8::try_from(mark).ok().filter(u8::is_ascii)?;
    let at = text.bytes().position(|byte| byte == mark)?;
    Some((text.get(..at)?, text.get(at.saturating_add(1)..)?))
}

/// Takes the text up to the next `mark` off `rest`, which ends as `None`.
#[inline]
pub(crate) fn next<'t>(rest: &mut Option<&'t str>, mark: char) -> Option<&'t str> {
    let text = (*rest)?;
    let (part, behind) = cut(text, mark).unzip();
    *rest = behind;
    Some(part.unwrap_or(text))
}
