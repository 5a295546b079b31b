//! The text of each language for one event type.

use mambo_webhooks::Version;
use mambo_webhooks::shim::{PayloadTypes, Shims};
use serde_json::{Value, json};

use super::{NEW, OLD, part, sample};

/// Has an op of each kind that says something of a type. The built-in event types, which have no samples here, are in
/// it too.
fn shims() -> Shims {
    let document = json!({
        "format": 1, "versions": ["9.0.0"],
        "events": { "Made": { "model": "Whole" }, "Later": { "model": "Whole", "introduced": "9.0.0" } },
        "models": { "Whole": {} },
        "changes": [{
            "id": "c", "since": "9.0.0", "on": { "event": "Made" }, "summary": "s.", "lossy": "both",
            "ops": [
                { "op": "rename", "at": "/uuid", "to": "userId" },
                { "op": "rename", "at": "/rare", "to": "seldom" },
                { "op": "convert", "at": "/at", "kind": "millis_to_rfc3339" },
                { "op": "add", "at": "/extra", "default": { "level": 1 } },
                { "op": "remove", "at": "/old", "default": null },
                { "op": "to_list", "at": "/tag" },
            ],
        }],
    });
    Shims::from_json(&document.to_string()).unwrap()
}

const SAMPLES: [&str; 2] = [
    r#"{"uuid":"u-1","type":"x","points":{"total":1.5,"by":{"10001":7}},"tag":"a","list":[{"a":1},{"a":null,"b":true}]}"#,
    r#"{"uuid":"u-2","type":"y","points":null,"note":null,"mixed":[1,"x"],"list":[],"none":[],"flags":{"12345":true,"on":1}}"#,
];

fn types(versions: &[Version]) -> PayloadTypes {
    let samples = SAMPLES.map(|data| sample("Made", OLD, data));
    PayloadTypes::new(&shims(), &samples, versions).unwrap()
}

#[test]
fn typescript() {
    let text = types(&[OLD, NEW]).typescript();
    assert!(text.starts_with(
        "// Made by mambo-webhooks from a registry and samples. Do not edit.\n\n/** Payloads of version 8.10.2. */\nexport namespace v8_10_2 {\n"
    ));
    let [_, old, new] = text.split("export namespace ").collect::<Vec<_>>()[..] else { panic!("{text}") };
    let expected = "  export interface Made {
    /** In no sample: known from the registry. */
    at?: number;
    flags?: {
      on: number;
      /** Members whose names are data. */
      [name: string]: unknown;
    };
    list: Array<{
      a: number | null;
      b?: boolean;
    }>;
    mixed?: Array<number | string>;
    none?: Array<unknown>;
    note?: unknown;
    /** In no sample: known from the registry. */
    old?: unknown;
    points: {
      by: Record<string, number>;
      total: number;
    } | null;
    /** In no sample: known from the registry. */
    rare?: unknown;
    tag?: string;
    type: string;
    uuid: string;
  }";
    assert_eq!(part(old, "  export interface Made"), expected);
    let expected = "  export interface Made {
    /** In no sample: known from the registry. */
    at?: string;
    extra: {
      level: number;
    };
    flags?: {
      on: number;
      /** Members whose names are data. */
      [name: string]: unknown;
    };
    list: Array<{
      a: number | null;
      b?: boolean;
    }>;
    mixed?: Array<number | string>;
    none?: Array<unknown>;
    note?: unknown;
    points: {
      by: Record<string, number>;
      total: number;
    } | null;
    /** In no sample: known from the registry. */
    seldom?: unknown;
    tag?: Array<string>;
    type: string;
    userId: string;
  }";
    assert_eq!(part(new, "  export interface Made"), expected);
    assert_eq!(
        part(old, "  /** Data of the event type \"Ping\""),
        "  /** Data of the event type \"Ping\". */\n  export type Ping = unknown;"
    );
    // The event type came with 9.0.0.
    assert!(!old.contains("Later") && new.contains("    Later: Later;\n    Made: Made;\n"));
}

#[test]
fn rust() {
    let text = types(&[NEW]).rust();
    assert!(text.starts_with(
        "// Made by mambo-webhooks from a registry and samples. Do not edit.\n\n/// Payloads of version 9.0.0.\npub mod v9_0_0 {\n    #[allow(unused_imports)]\n    use serde::{Deserialize, Serialize};\n"
    ));
    let expected = r#"    /// Data of the event type "Made".
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Made {
        /// In no sample: known from the registry.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub at: Option<String>,
        pub extra: MadeExtra,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub flags: Option<MadeFlags>,
        pub list: Vec<MadeList>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub mixed: Option<Vec<serde_json::Value>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub none: Option<Vec<serde_json::Value>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub note: Option<serde_json::Value>,
        pub points: Option<MadePoints>,
        /// In no sample: known from the registry.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub seldom: Option<serde_json::Value>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub tag: Option<Vec<String>>,
        #[serde(rename = "type")]
        pub type_: String,
        #[serde(rename = "userId")]
        pub user_id: String,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct MadeExtra {
        pub level: i64,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct MadeFlags {
        pub on: i64,
        /// Members whose names are data.
        #[serde(flatten)]
        pub others: std::collections::BTreeMap<String, serde_json::Value>,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct MadeList {
        pub a: Option<i64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub b: Option<bool>,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct MadePoints {
        pub by: std::collections::BTreeMap<String, i64>,
        pub total: f64,
    }

    /// Data of the event type "NotificationCreated".
    pub type NotificationCreated = serde_json::Value;
"#;
    let start = text.find("    /// Data of the event type \"Made\"").unwrap();
    assert_eq!(&text[start..start + expected.len()], expected);
}

#[test]
fn json_schema() {
    let types = types(&[NEW]);
    let schema: Value = serde_json::from_str(&types.json_schema(NEW).unwrap()).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["title"], "Payloads of version 9.0.0");
    assert_eq!(schema["$defs"]["Ping"], true);
    let unseen = "In no sample: known from the registry.";
    let expected = json!({
        "type": "object",
        "properties": {
            "at": { "description": unseen, "type": "string" },
            "extra": { "type": "object", "properties": { "level": { "type": "integer" } }, "required": ["level"] },
            "flags": { "type": "object", "properties": { "on": { "type": "integer" } }, "required": ["on"] },
            "list": { "type": "array", "items": {
                "type": "object",
                "properties": { "a": { "type": ["integer", "null"] }, "b": { "type": "boolean" } },
                "required": ["a"],
            } },
            "mixed": { "type": "array", "items": { "type": ["integer", "string"] } },
            "none": { "type": "array" },
            "note": true,
            "points": {
                "type": ["object", "null"],
                "properties": {
                    "by": { "type": "object", "additionalProperties": { "type": "integer" } },
                    "total": { "type": "number" },
                },
                "required": ["by", "total"],
            },
            "seldom": { "description": unseen },
            "tag": { "type": "array", "items": { "type": "string" } },
            "type": { "type": "string" },
            "userId": { "type": "string" },
        },
        "required": ["extra", "list", "points", "type", "userId"],
    });
    assert_eq!(schema["$defs"]["Made"], expected);
    assert_eq!(types.json_schema(OLD), None);
}
