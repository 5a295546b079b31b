//! The trace context that goes out with an attempt, as W3C's Trace Context writes it.

use alloc::string::String;

use crate::crypto::hmac::digest;
use crate::send::event::StoredEvent;
use crate::time::UnixMillis;

/// Returns the `traceparent` of an attempt's span: within the caller's trace, or in one of the event; each attempt has another
/// span. Whether the trace is recorded is the caller's decision.
pub(crate) fn traceparent(event: &StoredEvent, delivery: i64, number: u32, started: UnixMillis) -> String {
    let hex = |bytes: &[u8]| base16ct::lower::encode_string(bytes);
    let span = digest(&[
        event.id.as_bytes(),
        &delivery.to_be_bytes(),
        &number.to_be_bytes(),
        // An attempt whose worker was lost is made again under the same number.
        &started.0.to_be_bytes(),
    ]);
    let span = hex(span.get(..8).unwrap_or_default());
    let caller = event.traceparent.as_deref().and_then(|caller| {
        let mut parts = caller.split('-').skip(1);
        let (trace, flags) = (parts.next()?, parts.nth(1)?);
        Some((trace, u8::from_str_radix(flags, 16).ok()? & 1))
    });
    if let Some((trace, sampled)) = caller {
        return alloc::format!("00-{trace}-{span}-0{sampled}");
    }
    let trace = digest(&[event.id.as_bytes()]);
    alloc::format!("00-{}-{span}-01", hex(trace.get(..16).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::send::event::NewEvent;
    use crate::version::Version;

    const CALLER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-";

    fn event(caller: Option<&str>) -> StoredEvent {
        let event = NewEvent::new("Ping", Version::new(1, 0, 0), "{}").unwrap().id("e-1");
        let event = caller.map_or(event.clone(), |flags| event.traceparent(&[CALLER, flags].concat()));
        event.named().unwrap().0
    }

    #[test]
    fn an_attempt_is_a_span_of_the_caller_s_trace_and_keeps_its_decision_to_record() {
        for (flags, expected) in [("01", "01"), ("00", "00"), ("03", "01"), ("fe", "00")] {
            let sent = traceparent(&event(Some(flags)), 7, 1, UnixMillis(0));
            assert!(sent.get(..36) == CALLER.get(..36) && sent.ends_with(&["-", expected].concat()), "{sent}");
            assert!(sent.len() == 55 && !sent.contains("00f067aa0ba902b7"), "{sent}");
        }
    }

    #[test]
    fn attempts_of_an_event_without_a_caller_share_a_trace_and_no_span() {
        let sent = |delivery, number, started| traceparent(&event(None), delivery, number, UnixMillis(started));
        let first = sent(7, 1, 0);
        assert!(first.len() == 55 && first.ends_with("-01"), "{first}");
        for other in [sent(7, 2, 0), sent(8, 1, 0), sent(7, 1, 1)] {
            assert_eq!(first.get(..36), other.get(..36));
            assert_ne!(first, other);
        }
        assert_eq!(first, sent(7, 1, 0));
    }
}
