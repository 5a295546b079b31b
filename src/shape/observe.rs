//! The shape of one payload, level by level: no recursion, and no more places than are allowed.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::kinds::Kinds;
use super::name::is_id;
use super::tree::{Member, Place, Shape};
use crate::json::{Array, Object, valid};
use crate::limits::{MAX_SHAPE_LEVELS, MAX_SHAPE_MEMBERS, MAX_SHAPE_PLACES};

impl Shape {
    /// Returns the shape of a payload, which is JSON text; `None` for other text.
    #[must_use]
    pub fn of(json: &str) -> Option<Self> {
        valid(json).ok()?;
        let mut top = Place::default();
        grow(&mut top, json.trim_ascii());
        Some(Self(top))
    }
}

fn grow<'t>(top: &mut Place, json: &'t str) {
    let mut level: Vec<(&mut Place, Vec<&'t str>)> = alloc::vec![(top, alloc::vec![json])];
    let mut places: usize = 1;
    for depth in 0..MAX_SHAPE_LEVELS {
        let mut opened: Vec<(&mut Place, Inside<'t>)> = Vec::with_capacity(level.len());
        for (place, texts) in level {
            place.kinds = texts.iter().fold(place.kinds, |kinds, text| kinds.or(Kinds::of(text)));
            opened.push((place, Inside::of(&texts)));
        }
        places = opened.iter().fold(places, |places, (_, inside)| places.saturating_add(inside.places()));
        let is_last = places > MAX_SHAPE_PLACES || depth.saturating_add(1) == MAX_SHAPE_LEVELS;
        level = Vec::new();
        for (place, inside) in opened {
            inside.attach(place, if is_last { None } else { Some(&mut level) });
        }
        if level.is_empty() {
            return;
        }
    }
}

/// The values below one place: of a member with the number of objects that have it.
#[derive(Default)]
struct Inside<'t> {
    objects: u32,
    members: BTreeMap<String, (u32, Vec<&'t str>)>,
    other: Vec<&'t str>,
    is_map: bool,
    each: Vec<&'t str>,
}

impl<'t> Inside<'t> {
    fn of(texts: &[&'t str]) -> Self {
        let mut inside = Self::default();
        for text in texts {
            match text.as_bytes().first() {
                Some(b'{') => Object::open(text).iter().for_each(|object| inside.add(object)),
                Some(b'[') => inside.each.extend(Array::open(text).iter().flat_map(Array::texts)),
                _ => {}
            }
        }
        inside
    }

    fn add(&mut self, object: &Object<'t>) {
        self.objects = self.objects.saturating_add(1);
        let mut members: BTreeMap<String, &'t str> = BTreeMap::new();
        for member in object.members() {
            let Some(text) = member.text() else { continue };
            match member.decoded_name() {
                Some(name) => {
                    members.insert(name, text);
                }
                // A lone surrogate in a name: such a name cannot be kept as text.
                None => self.other.push(text),
            }
        }
        for (name, text) in members {
            if self.is_map || is_id(&name) {
                self.other.push(text);
                continue;
            }
            let (count, texts) = self.members.entry(name).or_default();
            *count = count.saturating_add(1);
            texts.push(text);
            if self.members.len() > MAX_SHAPE_MEMBERS {
                self.is_map = true;
                let texts = core::mem::take(&mut self.members).into_values().flat_map(|(_, texts)| texts);
                self.other.extend(texts);
            }
        }
    }

    fn places(&self) -> usize {
        let merged = usize::from(!self.other.is_empty()).saturating_add((!self.each.is_empty()).into());
        self.members.len().saturating_add(merged)
    }

    /// Makes the places below `place`, and adds them to the next level; without one, the shape ends at `place`.
    fn attach<'p>(self, place: &'p mut Place, next: Option<&mut Vec<(&'p mut Place, Vec<&'t str>)>>) {
        place.objects = self.objects;
        let Some(next) = next else {
            return place.close();
        };
        place.is_map = self.is_map;
        let mut texts = Vec::with_capacity(self.members.len());
        for (name, (count, found)) in self.members {
            place.members.insert(name, Member { is_required: count == self.objects, place: Place::default() });
            texts.push(found);
        }
        // Both are in the order of the names.
        next.extend(place.members.values_mut().map(|member| &mut member.place).zip(texts));
        for (inner, texts) in [(&mut place.other, self.other), (&mut place.each, self.each)] {
            if !texts.is_empty() {
                next.push((&mut **inner.insert(Box::default()), texts));
            }
        }
    }
}
