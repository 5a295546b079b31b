//! Types as JSON Schema: a document for each version.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::collect::PayloadTypes;
use super::model::{Object, Type, UNSEEN, Value};
use crate::json::quoted;
use crate::version::Version;

impl PayloadTypes {
    /// Prints a JSON Schema (2020-12) of a version: in `$defs` the data of each event type, by its name. `None` for a
    /// version without types.
    #[must_use]
    pub fn json_schema(&self, version: Version) -> Option<String> {
        self.versions.contains_key(&version).then(|| {
            let payloads = self.payloads(version);
            let types =
                payloads.map(|(_, event_type, value)| format!("{}:{}", quoted(event_type), schema(value, None)));
            let types: Vec<String> = types.collect();
            format!(
                "{{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\
                 \"title\":\"Payloads of version {version}\",\"$defs\":{{{}}}}}",
                types.join(",")
            )
        })
    }
}

/// The schema of a value. Each keyword applies to values of one type only, so types need not be told apart.
fn schema(value: &Value, description: Option<&str>) -> String {
    let mut keywords: Vec<String> = Vec::new();
    keywords.extend(description.map(|text| format!("\"description\":{}", quoted(text))));
    if !value.types.is_empty() {
        let null = value.is_nullable.then_some("null");
        let names: Vec<String> =
            value.types.iter().map(type_name).chain(null).map(|name| format!("\"{name}\"")).collect();
        let names = names.join(",");
        let is_one = value.types.len() == 1 && !value.is_nullable;
        keywords.push(if is_one { format!("\"type\":{names}") } else { format!("\"type\":[{names}]") });
    }
    for one in &value.types {
        match one {
            Type::List(inner) if !inner.types.is_empty() => keywords.push(format!("\"items\":{}", schema(inner, None))),
            Type::Map(inner) if !inner.types.is_empty() => {
                keywords.push(format!("\"additionalProperties\":{}", schema(inner, None)));
            }
            Type::Object(object) => keywords.extend(properties(object)),
            _ => {}
        }
    }
    if keywords.is_empty() { "true".into() } else { format!("{{{}}}", keywords.join(",")) }
}

fn properties(object: &Object) -> Vec<String> {
    let members: Vec<String> = object
        .fields
        .iter()
        .map(|field| {
            let description = field.is_unseen.then_some(UNSEEN);
            format!("{}:{}", quoted(&field.name), schema(&field.value, description))
        })
        .collect();
    let needed = object.fields.iter().filter(|field| !field.is_optional);
    let needed: Vec<String> = needed.map(|field| quoted(&field.name)).collect();
    let mut keywords = alloc::vec![format!("\"properties\":{{{}}}", members.join(","))];
    if !needed.is_empty() {
        keywords.push(format!("\"required\":[{}]", needed.join(",")));
    }
    keywords
}

const fn type_name(one: &Type) -> &'static str {
    match one {
        Type::Bool => "boolean",
        Type::Integer => "integer",
        Type::Number => "number",
        Type::Text => "string",
        Type::List(_) => "array",
        Type::Map(_) | Type::Object(_) => "object",
    }
}
