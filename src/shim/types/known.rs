//! What a registry's ops say of a payload without a sample: members that are named, and types that ops make.

use alloc::boxed::Box;

use crate::json::Segment;
use crate::limits::{MAX_SHAPE_LEVELS, MAX_SHAPE_PLACES};
use crate::shape::Shape;
use crate::shape::kinds::Kinds;
use crate::shape::tree::{Member, Place};
use crate::shim::convert::Conversion;
use crate::shim::op::Op;
use crate::shim::plan::Shims;
use crate::version::Version;

/// Returns the places that ops name in the data of an event in the shape of a version. All members are optional.
pub(super) fn known_places(shims: &Shims, event_type: &str, version: Version) -> Place {
    let (first, last) = (Version::new(0, 0, 0), Version::new(u32::MAX, u32::MAX, u32::MAX));
    let mut known = Known::default();
    for start in [first, last] {
        // What is there since an older version, and what is there until a newer one.
        let mut found = Known { created: known.created, ..Known::default() };
        for (_, ops) in shims.plan(event_type, start, version).steps() {
            for op in ops {
                found.follow(op);
            }
        }
        known.created = found.created;
        fill(&mut known.top, found.top);
    }
    known.top
}

#[derive(Default)]
struct Known {
    top: Place,
    /// The number of places that were made, also of those that are gone again.
    created: usize,
    /// Whether the op is within a `when`: what it takes stays in the other objects.
    is_partial: bool,
}

impl Known {
    fn follow(&mut self, op: &Op) {
        match op {
            Op::Rename { at, to } => self.shift(at.segments(), at.with_key(to).segments()),
            Op::Move { from, to } => self.shift(from.segments(), to.segments()),
            Op::Add { at, default } => {
                let default = Shape::of(default).map(|shape| shape.0).unwrap_or_default();
                self.put(at.segments(), default);
            }
            Op::Remove { at, .. } => {
                self.take(at.segments());
            }
            Op::Wrap { at, key } => self.shift(at.segments(), &below(at.segments(), Segment::Key(key.clone()))),
            Op::Unwrap { at, key } => self.pull(at.segments(), Segment::Key(key.clone())),
            Op::ToList { at } => self.shift(at.segments(), &below(at.segments(), Segment::Each)),
            Op::Head { at } => self.pull(at.segments(), Segment::Each),
            Op::MapValue { at, .. } => self.put(at.segments(), Place::default()),
            Op::Convert { at, conversion } => self.put(at.segments(), of(made_by(*conversion))),
            Op::Split { at, into, .. } => {
                self.take(at.segments());
                for name in into {
                    self.put(at.with_key(name).segments(), of(Kinds::TEXT));
                }
            }
            Op::Join { at, from, .. } => {
                for name in from {
                    self.take(at.with_key(name).segments());
                }
                self.put(at.segments(), of(Kinds::TEXT));
            }
            Op::When { at, member, is, ops } => {
                let was_partial = core::mem::replace(&mut self.is_partial, true);
                self.put(&below(at.segments(), Segment::Key(member.clone())), of(Kinds::of(is)));
                for op in ops {
                    self.follow(&op.under(at.segments()));
                }
                self.is_partial = was_partial;
            }
        }
    }

    fn shift(&mut self, from: &[Segment], to: &[Segment]) {
        let value = self.take(from).unwrap_or_default();
        self.put(to, value);
    }

    /// Puts the value that is inside of the one at `at` in its place.
    fn pull(&mut self, at: &[Segment], inside: Segment) {
        let value = self.take(&below(at, inside)).unwrap_or_default();
        self.take(at);
        self.put(at, value);
    }

    fn take(&mut self, at: &[Segment]) -> Option<Place> {
        let (last, above) = at.split_last()?;
        let holder = above.iter().try_fold(&mut self.top, |place, segment| match segment {
            Segment::Key(key) => place.members.get_mut(key).map(|member| &mut member.place),
            Segment::Each => place.each.as_deref_mut(),
        })?;
        match last {
            Segment::Key(key) if self.is_partial => holder.members.get(key).map(|member| member.place.clone()),
            Segment::Key(key) => holder.members.remove(key).map(|member| member.place),
            Segment::Each if self.is_partial => holder.each.as_deref().cloned(),
            Segment::Each => holder.each.take().map(|place| *place),
        }
    }

    fn put(&mut self, at: &[Segment], value: Place) {
        // A number may be the index of an element: nothing is known of that.
        let is_index = |segment: &Segment| match segment {
            Segment::Key(key) => key.bytes().all(|byte| byte.is_ascii_digit()),
            Segment::Each => false,
        };
        self.created = self.created.saturating_add(at.len()).saturating_add(value.inner().count());
        // Ops can nest a value deeper with each version: what goes too deep is forgotten.
        let levels = at.len().saturating_add(value.counts().len());
        if levels > MAX_SHAPE_LEVELS || self.created > MAX_SHAPE_PLACES || at.iter().any(is_index) {
            return;
        }
        let place = at.iter().fold(&mut self.top, |place, segment| match segment {
            Segment::Key(key) => {
                place.kinds = place.kinds.or(Kinds::OBJECT);
                &mut place.members.entry(key.clone()).or_default().place
            }
            Segment::Each => {
                place.kinds = place.kinds.or(Kinds::LIST);
                place.each.get_or_insert_with(Box::default)
            }
        });
        if self.is_partial {
            fill(place, value);
        } else {
            *place = value;
        }
    }
}

/// Adds what another place knows.
fn fill(known: &mut Place, other: Place) {
    known.kinds = known.kinds.or(other.kinds);
    for (name, Member { place, .. }) in other.members {
        fill(&mut known.members.entry(name).or_default().place, place);
    }
    if let Some(each) = other.each {
        fill(known.each.get_or_insert_with(Box::default), *each);
    }
}

fn of(kinds: Kinds) -> Place {
    Place { kinds, ..Place::default() }
}

fn below(at: &[Segment], last: Segment) -> alloc::vec::Vec<Segment> {
    at.iter().cloned().chain([last]).collect()
}

/// The type of the values that a conversion makes.
const fn made_by(conversion: Conversion) -> Kinds {
    match conversion {
        Conversion::IntToString
        | Conversion::NumberToString
        | Conversion::BoolToString
        | Conversion::MillisToRfc3339 => Kinds::TEXT,
        Conversion::StringToInt
        | Conversion::SecondsToMillis
        | Conversion::MillisToSeconds
        | Conversion::Rfc3339ToMillis => Kinds::INTEGER,
        Conversion::StringToNumber => Kinds::NUMBER,
        Conversion::StringToBool => Kinds::BOOL,
    }
}
