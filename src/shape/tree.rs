//! The tree that a shape is: places with their types, and how two trees become one.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::string::String;
use alloc::vec::Vec;

use super::kinds::Kinds;
use super::name::is_id;
use crate::limits::{MAX_SHAPE_MEMBERS, MAX_SHAPE_PLACES};

/// What one payload looks like, or several merged: members by name, types, and which members are in all objects.
///
/// * Elements of a list are merged into one, at `*`.
/// * Members whose names look like ids (digits, UUIDs, hexadecimal or long tokens, e-mail addresses, dates) are merged
///   into one, at `*`; with more than 128 names in one object, all of its members are. So a map by user id gives away
///   no id, and needs one place.
/// * At 32 levels, or at the deepest level with which it has at most 2,048 places, a shape ends. What is below counts
///   as the same in every payload.
/// * Of a repeated name the last member counts, as in `JSON.parse`.
///
/// The order of merging does not matter, unless the limit of places is passed on the way.
///
/// ```
/// use mambo_webhooks::shape::Shape;
///
/// let mut seen = Shape::of(r#"{"id":"a-1","tags":["x"]}"#).unwrap();
/// seen.merge(Shape::of(r#"{"id":null,"tags":[],"note":"y"}"#).unwrap());
/// let json = r#"{"is":"object","objects":2,"all":{"id":"null|text","tags":{"is":"list","each":"text"}},"some":{"note":"text"}}"#;
/// assert_eq!(seen.to_string(), json);
/// assert_eq!(Shape::from_json(json), Ok(seen));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape(pub(crate) Place);

/// What is known of the values at one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// The types of the values.
    pub(crate) kinds: Kinds,
    /// How many of the values are objects.
    pub(crate) objects: u32,
    /// The members of the objects, by name.
    pub(crate) members: BTreeMap<String, Member>,
    /// The members of the objects whose names are not kept, merged.
    pub(crate) other: Option<Box<Place>>,
    /// Whether no name is kept, since there were too many.
    pub(crate) is_map: bool,
    /// The elements of the lists, merged.
    pub(crate) each: Option<Box<Place>>,
    /// Whether the insides of the objects and lists are not known, since the shape ends here.
    pub(crate) is_opaque: bool,
}

/// A member of the objects at one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Member {
    /// Whether all of the objects have it.
    pub(crate) is_required: bool,
    pub(crate) place: Place,
}

impl Shape {
    /// Merges what was seen of other payloads into this shape.
    pub fn merge(&mut self, other: Self) {
        self.0.merge(other.0);
        self.0.bound();
    }

    /// How many places there are: the whole payload, members, and elements.
    pub(super) fn places(&self) -> usize {
        self.0.counts().into_iter().fold(0, usize::saturating_add)
    }
}

impl Place {
    fn merge(&mut self, mut other: Self) {
        if self.is_opaque || other.is_opaque {
            self.close();
            other.close();
        }
        if other.objects > 0 {
            for (name, member) in &mut self.members {
                member.is_required &= other.members.contains_key(name);
            }
        }
        for (name, mut member) in other.members {
            match self.members.entry(name) {
                Entry::Occupied(mut entry) => {
                    let known = entry.get_mut();
                    known.is_required &= member.is_required;
                    known.place.merge(member.place);
                }
                Entry::Vacant(entry) => {
                    member.is_required &= self.objects == 0;
                    entry.insert(member);
                }
            }
        }
        merge_inner(&mut self.other, other.other);
        merge_inner(&mut self.each, other.each);
        self.kinds = self.kinds.or(other.kinds);
        self.objects = self.objects.saturating_add(other.objects);
        self.is_map |= other.is_map;
        self.is_opaque |= other.is_opaque;
        self.fold();
    }

    /// Adds a member that is not there yet; one whose name is an id loses the name.
    pub(super) fn insert(&mut self, name: String, member: Member) {
        if self.is_map || is_id(&name) {
            merge_inner(&mut self.other, Some(Box::new(member.place)));
        } else {
            self.members.insert(name, member);
            self.fold();
        }
    }

    /// Forgets all names if there are too many.
    fn fold(&mut self) {
        self.is_map |= self.members.len() > MAX_SHAPE_MEMBERS;
        if self.is_map {
            for member in core::mem::take(&mut self.members).into_values() {
                merge_inner(&mut self.other, Some(Box::new(member.place)));
            }
        }
    }

    /// Ends the shape here, if there is anything below.
    pub(super) fn close(&mut self) {
        if self.kinds.has_inside() {
            let (kinds, objects) = (self.kinds, self.objects);
            *self = Self { kinds, objects, is_opaque: true, ..Self::default() };
        }
    }

    /// The places right below this one.
    pub(crate) fn inner(&self) -> impl Iterator<Item = &Self> {
        let members = self.members.values().map(|member| &member.place);
        members.chain(self.other.as_deref()).chain(self.each.as_deref())
    }

    /// How many places there are on each level.
    pub(crate) fn counts(&self) -> Vec<usize> {
        let mut counts = Vec::new();
        let mut level: Vec<&Self> = alloc::vec![self];
        while !level.is_empty() {
            counts.push(level.len());
            level = level.into_iter().flat_map(Self::inner).collect();
        }
        counts
    }

    /// Leaves out the deepest levels until the shape is small enough.
    pub(super) fn bound(&mut self) {
        let mut places: usize = 0;
        for (level, count) in self.counts().into_iter().enumerate() {
            places = places.saturating_add(count);
            if places > MAX_SHAPE_PLACES {
                return self.close_at(level.saturating_sub(1));
            }
        }
    }

    fn close_at(&mut self, level: usize) {
        match level.checked_sub(1) {
            None => self.close(),
            Some(level) => {
                let members = self.members.values_mut().map(|member| &mut member.place);
                let inner = members.chain(self.other.as_deref_mut()).chain(self.each.as_deref_mut());
                inner.for_each(|place| place.close_at(level));
            }
        }
    }
}

fn merge_inner(known: &mut Option<Box<Place>>, found: Option<Box<Place>>) {
    match (known, found) {
        (_, None) => {}
        (Some(known), Some(found)) => known.merge(*found),
        (known, found) => *known = found,
    }
}
