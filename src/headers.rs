//! The headers of a request, in whichever shape a server hands them over.

use alloc::vec::Vec;

/// Header names and values, as a server hands them over. Names match in any case.
///
/// ```
/// use mambo_webhooks::Headers;
///
/// /// Headers as some server keeps them.
/// struct Lines(&'static str);
///
/// impl Headers for Lines {
///     fn visit(&self, act: &mut dyn FnMut(&str, &[u8])) {
///         self.0.lines().filter_map(|line| line.split_once(": ")).for_each(|(name, value)| act(name, value.as_bytes()));
///     }
/// }
/// ```
pub trait Headers {
    /// Calls `act` with the name and the value of each header.
    fn visit(&self, act: &mut dyn FnMut(&str, &[u8]));

    /// Calls `act` with each value of the header called `name`.
    fn each(&self, name: &str, act: &mut dyn FnMut(&[u8])) {
        self.visit(&mut |found, value| {
            if found.eq_ignore_ascii_case(name) {
                act(value);
            }
        });
    }
}

#[cfg(feature = "http")]
impl Headers for http::HeaderMap {
    fn visit(&self, act: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in self {
            act(name.as_str(), value.as_bytes());
        }
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for [(N, V)] {
    fn visit(&self, act: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in self {
            act(name.as_ref(), value.as_ref());
        }
    }
}

impl<H: Headers + ?Sized> Headers for &H {
    fn visit(&self, act: &mut dyn FnMut(&str, &[u8])) {
        (**self).visit(act);
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>, const COUNT: usize> Headers for [(N, V); COUNT] {
    fn visit(&self, act: &mut dyn FnMut(&str, &[u8])) {
        self.as_slice().visit(act);
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for Vec<(N, V)> {
    fn visit(&self, act: &mut dyn FnMut(&str, &[u8])) {
        self.as_slice().visit(act);
    }
}

/// Whether a text is a header's name, in lower case.
pub(crate) fn is_header_name(text: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    !text.is_empty() && text.bytes().all(token)
}
