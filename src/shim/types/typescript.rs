//! Types as TypeScript: a namespace for each version.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::collect::PayloadTypes;
use super::model::{Field, Object, Type, UNSEEN, Value};
use super::name::{literal, module_name};
use super::text::Add;

impl PayloadTypes {
    /// Prints a TypeScript module with a namespace for each version, such as `v9_0_0`. In each, `EventData` maps event
    /// types to types.
    #[must_use]
    pub fn typescript(&self) -> String {
        let mut text = String::from("// Made by mambo-webhooks from a registry and samples. Do not edit.\n");
        for version in self.versions() {
            text.add(format_args!("\n/** Payloads of version {version}. */\n"));
            text.add(format_args!("export namespace {} {{\n", module_name(version)));
            for (name, event_type, value) in self.payloads(version) {
                // An event type may hold any text, also the end of a comment.
                let event_type = literal(event_type).replace("*/", "*\\/");
                text.add(format_args!("  /** Data of the event type {event_type}. */\n"));
                text.push_str(&declaration(name, value));
            }
            text.push_str("  /** Data by event type. */\n  export interface EventData {\n");
            for (name, event_type, _) in self.payloads(version) {
                text.add(format_args!("    {}: {name};\n", member_name(event_type)));
            }
            text.push_str("  }\n}\n");
        }
        text
    }
}

fn declaration(name: &str, value: &Value) -> String {
    match value.types.as_slice() {
        [Type::Object(object)] if !value.is_nullable => {
            format!("  export interface {name} {}\n\n", members(object, "  "))
        }
        _ => format!("  export type {name} = {};\n\n", type_text(value, "  ")),
    }
}

/// The members of an object, indented below `indent`.
fn members(object: &Object, indent: &str) -> String {
    let inner = [indent, "  "].concat();
    let mut text = String::from("{\n");
    for Field { name, is_optional, is_unseen, value } in &object.fields {
        if *is_unseen {
            text.add(format_args!("{inner}/** {UNSEEN} */\n"));
        }
        let (name, mark) = (member_name(name), if *is_optional { "?" } else { "" });
        text.add(format_args!("{inner}{name}{mark}: {};\n", type_text(value, &inner)));
    }
    if object.has_others {
        text.add(format_args!("{inner}/** Members whose names are data. */\n{inner}[name: string]: unknown;\n"));
    }
    text.push_str(indent);
    text.push('}');
    text
}

fn type_text(value: &Value, indent: &str) -> String {
    if value.types.is_empty() {
        return "unknown".into();
    }
    let null = value.is_nullable.then(|| String::from("null"));
    let types = value.types.iter().map(|one| match one {
        Type::Bool => "boolean".into(),
        Type::Integer | Type::Number => "number".into(),
        Type::Text => "string".into(),
        Type::List(inner) => format!("Array<{}>", type_text(inner, indent)),
        Type::Map(inner) => format!("Record<string, {}>", type_text(inner, indent)),
        Type::Object(object) => members(object, indent),
    });
    types.chain(null).collect::<Vec<_>>().join(" | ")
}

fn member_name(name: &str) -> String {
    let is_letter = |letter: char| letter.is_ascii_alphabetic() || letter == '_' || letter == '$';
    let is_plain =
        name.starts_with(is_letter) && name.chars().all(|letter| is_letter(letter) || letter.is_ascii_digit());
    if is_plain { name.into() } else { literal(name) }
}
