//! Names of members and event types that no identifier can have, and names that are alike.

use mambo_webhooks::shim::{PayloadTypes, Sample, Shims};
use serde_json::{Value, json};

use super::{NEW, part, sample};

/// Names that would break out of a string, a comment, an identifier or a scope.
const HOSTILE: [&str; 14] = [
    "\"; throw 1; //",
    "a\nb\u{2028}c",
    "back\\slash",
    "*/ evil /*",
    "${x}`'",
    "__proto__",
    "constructor",
    "self",
    "fn",
    "",
    "größe",
    "\u{202e}rtl\u{0}",
    "1st",
    "🦀",
];

#[test]
fn hostile_names_stay_names() {
    let members: serde_json::Map<String, Value> = HOSTILE.iter().map(|name| ((*name).to_owned(), json!(1))).collect();
    let data = Value::Object(members).to_string();
    let samples: Vec<Sample<'_>> = HOSTILE.iter().map(|name| sample(name, NEW, &data)).collect();
    let types = PayloadTypes::new(&Shims::default(), &samples, &[NEW]).unwrap();
    let typescript = types.typescript();
    let expected = r#"  /** Data of the event type "*\/ evil /*". */
  export interface Evil {
    "": number;
    "\"; throw 1; //": number;
    "${x}`'": number;
    "*/ evil /*": number;
    "1st": number;
    __proto__: number;
    "a\u{a}b\u{2028}c": number;
    "back\\slash": number;
    constructor: number;
    fn: number;
    "größe": number;
    self: number;
    "\u{202e}rtl\u{0}": number;
    "🦀": number;
  }"#;
    assert_eq!(part(&typescript, r#"  /** Data of the event type "*\/"#), expected);
    let rust = types.rust();
    let expected = r#"    pub struct Self2 {
        #[serde(rename = "")]
        pub unnamed: i64,
        #[serde(rename = "\"; throw 1; //")]
        pub throw_1: i64,
        #[serde(rename = "${x}`'")]
        pub x: i64,
        #[serde(rename = "*/ evil /*")]
        pub evil: i64,
        #[serde(rename = "1st")]
        pub n1st: i64,
        #[serde(rename = "__proto__")]
        pub proto: i64,
        #[serde(rename = "a\u{a}b\u{2028}c")]
        pub a_b_c: i64,
        #[serde(rename = "back\\slash")]
        pub back_slash: i64,
        pub constructor: i64,
        #[serde(rename = "fn")]
        pub fn_: i64,
        #[serde(rename = "größe")]
        pub gr_e: i64,
        #[serde(rename = "self")]
        pub self_: i64,
        #[serde(rename = "\u{202e}rtl\u{0}")]
        pub rtl: i64,
        #[serde(rename = "🦀")]
        pub unnamed_2: i64,
    }
"#;
    let start = rust.find("    pub struct Self2").unwrap();
    assert_eq!(&rust[start..start + expected.len()], expected);
    let schema: Value = serde_json::from_str(&types.json_schema(NEW).unwrap()).unwrap();
    for name in HOSTILE {
        assert_eq!(schema["$defs"][name]["properties"].as_object().unwrap().len(), HOSTILE.len(), "{name}");
        assert_eq!(schema["$defs"][name]["properties"][name], json!({ "type": "integer" }));
    }
    for text in [typescript, rust] {
        assert!(!text.chars().any(|letter| (letter.is_control() && letter != '\n') || letter == '\u{202e}'));
    }
}

#[test]
fn equal_names_are_told_apart() {
    let names = ["event-a", "EventA", "event a", "eventA_2", "String", "event_data"];
    let data = r#"{"a b":{"x":1},"a-b":{"x":2},"aB":{"x":3}}"#;
    let samples: Vec<Sample<'_>> = names.iter().map(|name| sample(name, NEW, data)).collect();
    let text = PayloadTypes::new(&Shims::default(), &samples, &[NEW]).unwrap().rust();
    let structs: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("pub struct ")).collect();
    let mut sorted = structs.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!((structs.len(), sorted.len()), (names.len() * 4, names.len() * 4), "{structs:?}");
    assert_eq!(structs[..5], ["EventA {", "EventAAB {", "EventAAB2 {", "EventAAB3 {", "String2 {"]);
    for name in ["EventA2 {", "EventA3 {", "EventA22 {", "EventData2 {"] {
        assert!(structs.contains(&name), "{name} in {structs:?}");
    }
    assert!(text.contains("        #[serde(rename = \"a b\")]\n        pub a_b: EventAAB,\n"));
}
