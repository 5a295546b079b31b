//! Types of no language: what each printer turns into the text of one.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::shape::kinds::Kinds;
use crate::shape::tree::Place;

/// What a value may be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Value {
    /// The types that the value may have, `null` left out. None if nothing but `null` is known of it.
    pub(super) types: Vec<Type>,
    pub(super) is_nullable: bool,
}

/// One type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Bool,
    Integer,
    Number,
    Text,
    /// A list of values.
    List(Box<Value>),
    /// An object whose names are data.
    Map(Box<Value>),
    Object(Object),
}

/// An object with members of known names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Object {
    /// The members, in alphabetical order.
    pub(super) fields: Vec<Field>,
    /// Whether there are members whose names are data beside them.
    pub(super) has_others: bool,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) is_optional: bool,
    /// Whether no sample has the member.
    pub(super) is_unseen: bool,
    pub(super) value: Value,
}

/// What is said in a comment of a member without a sample.
pub(super) const UNSEEN: &str = "In no sample: known from the registry.";

impl Value {
    /// The value at a place, from what samples have there and what the registry knows.
    pub(super) fn of(seen: Option<&Place>, known: Option<&Place>) -> Self {
        // A place that was always null says nothing else of its type.
        let tells = |place: &&Place| !Kinds::NULL.has(place.kinds);
        let is_nullable = seen.is_some_and(|place| place.kinds.has(Kinds::NULL));
        let Some(place) = seen.filter(tells).or(known.filter(tells)) else {
            return Self { types: Vec::new(), is_nullable };
        };
        let seen = seen.filter(tells);
        let types = place.kinds.each().filter_map(|kind| match kind {
            Kinds::BOOL => Some(Type::Bool),
            Kinds::INTEGER => Some(Type::Integer),
            Kinds::NUMBER => Some(Type::Number),
            Kinds::TEXT => Some(Type::Text),
            Kinds::LIST => {
                let known = known.filter(|_| !place.is_opaque);
                Some(Type::List(Box::new(Self::of(each(seen), each(known)))))
            }
            Kinds::OBJECT => Some(Type::object(seen, known)),
            _ => None,
        });
        Self { types: types.collect(), is_nullable: is_nullable || place.kinds.has(Kinds::NULL) }
    }

    /// How many places the type has.
    pub(super) fn places(&self) -> usize {
        let inner = self.types.iter().map(|one| match one {
            Type::List(value) | Type::Map(value) => value.places(),
            Type::Object(object) => {
                object.fields.iter().fold(1, |sum: usize, field| sum.saturating_add(field.value.places()))
            }
            _ => 1,
        });
        inner.fold(1, usize::saturating_add)
    }
}

impl Type {
    fn object(seen: Option<&Place>, known: Option<&Place>) -> Self {
        let is_closed = seen.is_some_and(|place| place.is_opaque || place.is_map);
        let known = known.filter(|_| !is_closed);
        let mut fields: BTreeMap<&str, Field> = BTreeMap::new();
        for (name, member) in seen.into_iter().flat_map(|place| &place.members) {
            let known = known.and_then(|known| known.members.get(name)).map(|member| &member.place);
            let value = Value::of(Some(&member.place), known);
            let field = Field { name: name.clone(), is_optional: !member.is_required, is_unseen: false, value };
            fields.insert(name, field);
        }
        for (name, member) in known.into_iter().flat_map(|place| &place.members) {
            fields.entry(name).or_insert_with(|| {
                let value = Value::of(None, Some(&member.place));
                Field { name: name.clone(), is_optional: true, is_unseen: true, value }
            });
        }
        let other = seen.and_then(|place| place.other.as_deref());
        if fields.is_empty() {
            return Self::Map(Box::new(Value::of(other, None)));
        }
        Self::Object(Object { fields: fields.into_values().collect(), has_others: other.is_some() })
    }
}

/// The elements of the lists at a place.
fn each(place: Option<&Place>) -> Option<&Place> {
    place?.each.as_deref()
}
