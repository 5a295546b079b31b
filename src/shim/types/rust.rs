//! Types as Rust: a module for each version, with types for serde.

use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;

use super::collect::PayloadTypes;
use super::model::{Field, Object, Type, UNSEEN, Value};
use super::name::{Names, field_name, inner_type_name, literal, module_name};
use super::text::Add;

impl PayloadTypes {
    /// Prints a Rust file with a module for each version, such as `v9_0_0`. It needs the crates `serde`, with feature
    /// `derive`, and `serde_json`.
    #[must_use]
    pub fn rust(&self) -> String {
        let mut text = String::from("// Made by mambo-webhooks from a registry and samples. Do not edit.\n");
        for version in self.versions() {
            text.add(format_args!("\n/// Payloads of version {version}.\n"));
            text.add(format_args!("pub mod {} {{\n", module_name(version)));
            text.push_str("    #[allow(unused_imports)]\n    use serde::{Deserialize, Serialize};\n");
            let mut module = Module { names: Names::of_types(), waiting: VecDeque::new() };
            for name in self.names.values() {
                module.names.take(name);
            }
            for (name, event_type, value) in self.payloads(version) {
                text.add(format_args!("\n    /// Data of the event type {}.\n", literal(event_type)));
                text.push_str(&module.declaration(name, value));
                // The types within, each after the one that names it.
                while let Some((name, object)) = module.waiting.pop_front() {
                    text.push('\n');
                    text.push_str(&module.structure(&name, object));
                }
            }
            text.push_str("}\n");
        }
        text
    }
}

struct Module<'t> {
    names: Names,
    /// Types that were named and are not printed yet.
    waiting: VecDeque<(String, &'t Object)>,
}

impl<'t> Module<'t> {
    fn declaration(&mut self, name: &str, value: &'t Value) -> String {
        match value.types.as_slice() {
            [Type::Object(object)] if !value.is_nullable => self.structure(name, object),
            _ => format!("    pub type {name} = {};\n", self.type_text(value, &inner_type_name(name, "value"))),
        }
    }

    fn structure(&mut self, name: &str, object: &'t Object) -> String {
        let mut text = String::from("    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]\n");
        text.add(format_args!("    pub struct {name} {{\n"));
        let mut fields = Names::of_fields();
        for Field { name: member, is_optional, is_unseen, value } in &object.fields {
            if *is_unseen {
                text.add(format_args!("        /// {UNSEEN}\n"));
            }
            let field = fields.take(&field_name(member));
            if field != *member {
                text.add(format_args!("        #[serde(rename = {})]\n", literal(member)));
            }
            let mut of = self.type_text(value, &inner_type_name(name, member));
            if *is_optional {
                text.push_str("        #[serde(default, skip_serializing_if = \"Option::is_none\")]\n");
                if !of.starts_with("Option<") {
                    of = format!("Option<{of}>");
                }
            }
            text.add(format_args!("        pub {field}: {of},\n"));
        }
        if object.has_others {
            text.push_str("        /// Members whose names are data.\n        #[serde(flatten)]\n");
            let field = fields.take("others");
            text.add(format_args!("        pub {field}: std::collections::BTreeMap<String, serde_json::Value>,\n"));
        }
        text.push_str("    }\n");
        text
    }

    fn type_text(&mut self, value: &'t Value, name: &str) -> String {
        let text = match value.types.as_slice() {
            [Type::Bool] => "bool".into(),
            [Type::Integer] => "i64".into(),
            [Type::Number] => "f64".into(),
            [Type::Text] => "String".into(),
            [Type::List(inner)] => format!("Vec<{}>", self.type_text(inner, name)),
            [Type::Map(inner)] => {
                format!("std::collections::BTreeMap<String, {}>", self.type_text(inner, name))
            }
            [Type::Object(object)] => {
                let name = self.names.take(name);
                self.waiting.push_back((name.clone(), object));
                name
            }
            _ => return "serde_json::Value".into(),
        };
        if value.is_nullable { format!("Option<{text}>") } else { text }
    }
}
