//! The trace context that goes out with an attempt, as W3C's Trace Context writes it.

use alloc::string::String;

use crate::crypto::hmac::digest;

/// Returns a `traceparent`: one trace id per event, one span id per attempt, the same in every process.
pub(crate) fn traceparent(event: &str, delivery: i64, number: u32) -> String {
    let hex = |bytes: &[u8]| base16ct::lower::encode_string(bytes);
    let trace = digest(&[event.as_bytes()]);
    let span = digest(&[&delivery.to_be_bytes(), &number.to_be_bytes()]);
    let (trace, span) = (trace.get(..16).unwrap_or_default(), span.get(..8).unwrap_or_default());
    alloc::format!("00-{}-{}-01", hex(trace), hex(span))
}
