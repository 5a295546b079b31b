//! Commands without a host: what they print of hostile payloads, and registries of several event types.

use mambo_webhooks::Registry;
use mambo_webhooks::internal::commands::{Command, Infer, Samples, run};

fn bodies(event_type: &str, data: impl Fn(usize) -> String) -> Vec<String> {
    (0..6).map(|id| format!(r#"{{"event":"{event_type}","id":"e-{id}","data":{}}}"#, data(id))).collect()
}

fn infer(old: Vec<String>, new: Vec<String>) -> Command {
    let (old, new) = (Samples::Bodies(old), Samples::Bodies(new));
    Command::RegistryInfer(Infer { old, new, event_type: None, from: None, since: "9.0.0".into(), profile: None })
}

#[test]
fn a_name_that_a_terminal_would_obey_is_shown_by_its_number() {
    let old = bodies("Ping", |id| format!(r#"{{"a\u001b[2J":"x{id}"}}"#));
    let new = bodies("Ping", |id| format!(r#"{{"b\u001b[2J":"x{id}"}}"#));
    let answer = run(&infer(old, new), &[]).unwrap();
    assert_eq!(answer.remarks[0], r"Ping: a\u{1b}[2J is called b\u{1b}[2J (in 6 of 6 pairs)");
    let received = run(&Command::Receive { how: None }, b"{}").unwrap();
    assert_eq!(received.text, "2 bytes");
}

#[test]
fn a_registry_of_several_unknown_event_types_passes_the_check() {
    let data = |name: &'static str| move |id: usize| format!(r#"{{"{name}":"x{id}"}}"#);
    let both = |name| [bodies("Shop", data(name)), bodies("Bar", data(name))].concat();
    let answer = run(&infer(both("a"), both("b")), &[]).unwrap();
    assert_eq!(Registry::problems(&answer.text), [], "{}", answer.text);
    assert_eq!(Registry::problems(&answer.json["registry"].to_string()), [], "{}", answer.json);
    assert!(answer.text.starts_with("{\n  \"format\": 1,\n  \"versions\": [\"9.0.0\"],\n"), "{}", answer.text);
}

#[test]
fn a_mismatch_is_named_by_the_id_of_its_event() {
    let old = bodies("Ping", |id| format!(r#"{{"a":"x{id}"}}"#));
    let new =
        bodies("Ping", |id| if id == 3 { r#"{"b":{"other":true}}"#.into() } else { format!(r#"{{"b":"x{id}"}}"#) });
    let answer = run(&infer(old, new), &[]).unwrap();
    let line = "Ping: event e-3 is not explained, first at /b";
    assert!(answer.remarks.iter().any(|remark| remark == line), "{:#?}", answer.remarks);
    assert!(!answer.is_yes);
}

#[test]
fn a_diff_of_an_event_type_that_is_not_known_is_refused() {
    let diff = |newer: Option<&str>, event_type: &str| Command::RegistryDiff {
        older: r#"{"format":1}"#.into(),
        newer: newer.map(Into::into),
        from: newer.is_none().then(|| "8.0.3".into()),
        to: newer.is_none().then(|| "9.0.0".into()),
        event_type: Some(event_type.into()),
    };
    let refused = |command| run(&command, &[]).unwrap_err();
    assert_eq!(refused(diff(None, "Pong")), "--type Pong: the registry does not know this event type");
    assert_eq!(refused(diff(Some(r#"{"format":1}"#), "Ping")), "--type goes with --from and --to");
    assert!(run(&diff(None, "Ping"), &[]).is_ok());
}
