//! Data as types: those of the SDK, and the user's.

use mambo_webhooks::{Event, KeyRing, Receiver, UnixMillis, Verified};
use serde::Deserialize;

fn event(body: &str) -> Event<'_> {
    let receiver = Receiver::new(KeyRing::single("a secret of at least 16 bytes").unwrap());
    receiver.open(Verified::assume_verified(body.as_bytes(), UnixMillis(0)), &[("none", "")]).unwrap().event
}

#[test]
fn the_last_of_a_repeated_member_counts_and_a_numeric_id_is_text() {
    let body = r#"{"event":"ActivityCreated","data":{"id":1,"id":42,"uuid":"u","other":1,"other":2}}"#;
    let Event::ActivityCreated(data) = event(body) else { panic!("another kind") };
    let activity = data.parse().unwrap();
    assert_eq!((activity.id.as_deref(), activity.uuid.as_deref()), (Some("42"), Some("u")));
    assert_eq!(activity.extra.get("other"), Some(&2.into()));
    for (id, text) in [("18446744073709551615", Some("18446744073709551615")), ("null", None), ("\"x\"", Some("x"))] {
        let body = format!(r#"{{"event":"NotificationCreated","data":{{"id":{id}}}}}"#);
        let Event::NotificationCreated(data) = event(&body) else { panic!("another kind") };
        assert_eq!(data.parse().unwrap().id.as_deref(), text);
    }
}

#[test]
fn data_nested_127_levels_deep_is_parsed_and_deeper_stays_text() {
    let nested = |levels: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
    for (levels, is_read) in [(126, true), (127, false)] {
        let data = nested(levels);
        let body = format!(r#"{{"event":"ActivityCreated","data":{data}}}"#);
        let event = event(&body);
        let Event::ActivityCreated(model) = &event else { panic!("another kind") };
        assert_eq!((model.parse().is_ok(), event.json()), (is_read, data.as_str()));
    }
}

#[test]
fn data_is_read_as_a_type_of_the_user() {
    #[derive(Deserialize)]
    struct Mine<'d> {
        verb: &'d str,
    }
    let event = event(r#"{"event":"Made","data":{"verb":"ran"}}"#);
    assert_eq!(event.parse::<Mine<'_>>().unwrap().verb, "ran");
    assert!(event.parse::<u8>().unwrap_err().is_data());
}
