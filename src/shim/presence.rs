//! Ops followed without data: which places are certainly present after an op, and which are certainly gone.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::op::Op;
use crate::json::{Object, Pointer, Segment};
use crate::version::Version;

/// What is known of the shape that the ops so far have made. Places that no op names are not listed; they may be in the
/// payload.
#[derive(Default)]
pub(super) struct Presence {
    top: Place,
    /// The change whose op is followed.
    pub(super) change: usize,
    /// The change's version. A payload may come in the shape of the one before, with members that no change names.
    pub(super) since: Option<Version>,
    /// Whether the op is within a `when`; what it removes stays in the other objects.
    is_partial: bool,
}

/// A place and what is inside of it, as a tree: what is known of a value goes with it wherever it is moved.
#[derive(Default)]
struct Place {
    known: Option<Known>,
    inside: BTreeMap<Segment, Place>,
}

#[derive(Clone, Copy)]
struct Known {
    state: State,
    /// The change that made or took it.
    by: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// No payload has it.
    Gone,
    /// Created or read by an op; its type is not known.
    There,
    /// An object. In the version that made it, it has only the members which are listed.
    Object(Option<Version>),
    /// A list.
    List,
    /// Text, number, truth value or null.
    Scalar,
}

/// Why an op cannot follow those before it.
pub(super) struct Clash {
    pub(super) kind: ClashKind,
    /// The change that the op does not go with.
    pub(super) with: usize,
}

pub(super) enum ClashKind {
    /// The op reads a place where certainly nothing is.
    NeverApplies,
    /// The op writes a place that is certainly taken.
    Taken,
}

impl Presence {
    /// Follows one op.
    pub(super) fn follow(&mut self, op: &Op) -> Result<(), Clash> {
        match op {
            Op::Rename { at, to } => {
                let to = at.with_key(to);
                self.reach(at.segments())?;
                self.free(to.segments())?;
                self.shift(at.segments(), to.segments());
                self.take(at.segments());
            }
            Op::Move { from, to } => {
                self.reach(from.segments())?;
                self.make_holders(to.segments())?;
                self.free(to.segments())?;
                self.shift(from.segments(), to.segments());
                self.take(from.segments());
            }
            Op::Add { at, default } => {
                self.reach(holder(at))?;
                self.free(at.segments())?;
                self.add(at, default);
            }
            Op::Remove { at, .. } => {
                self.reach(at.segments())?;
                self.take(at.segments());
            }
            Op::Wrap { at, key } => {
                self.reach(at.segments())?;
                self.shift(at.segments(), &inside(at, Segment::Key(key.clone())));
                self.put(at.segments(), State::Object(self.since));
            }
            Op::Unwrap { at, key } => self.pull(at.segments(), &inside(at, Segment::Key(key.clone())))?,
            Op::ToList { at } => {
                self.reach(at.segments())?;
                self.shift(at.segments(), &inside(at, Segment::Each));
                self.put(at.segments(), State::List);
            }
            Op::Head { at } => self.pull(at.segments(), &inside(at, Segment::Each))?,
            Op::MapValue { at, .. } => {
                self.reach(at.segments())?;
                self.replace(at.segments(), State::There);
            }
            Op::Convert { at, .. } => {
                self.reach_scalar(at.segments())?;
                self.replace(at.segments(), State::Scalar);
            }
            Op::Split { at, into, .. } => {
                self.reach_scalar(at.segments())?;
                self.take(at.segments());
                for name in into {
                    self.free(at.with_key(name).segments())?;
                    self.replace(at.with_key(name).segments(), State::Scalar);
                }
            }
            Op::Join { at, from, .. } => {
                for name in from {
                    self.reach_scalar(at.with_key(name).segments())?;
                    self.take(at.with_key(name).segments());
                }
                self.free(at.segments())?;
                self.replace(at.segments(), State::Scalar);
            }
            Op::When { at, member, ops, .. } => {
                self.reach(&inside(at, Segment::Key(member.clone())))?;
                // The nested ops apply to the same objects, so what one removes is gone for the next.
                let mut alone = Self { change: self.change, since: self.since, ..Self::default() };
                ops.iter().try_for_each(|op| alone.follow(op))?;
                self.is_partial = true;
                let followed = ops.iter().try_for_each(|op| self.follow(&op.under(at.segments())));
                self.is_partial = false;
                followed?;
            }
        }
        Ok(())
    }

    /// The place, if anything is known of it or inside of it.
    fn at(&self, at: &[Segment]) -> Option<&Place> {
        at.iter().try_fold(&self.top, |place, segment| place.inside.get(segment))
    }

    fn known(&self, at: &[Segment]) -> Option<Known> {
        self.at(at)?.known
    }

    /// Refuses a place that is certainly not there.
    fn reach(&self, at: &[Segment]) -> Result<(), Clash> {
        let mut place = Some(&self.top);
        let mut rest = at.iter();
        while let Some(here) = place {
            let next = rest.next();
            let inner = next.and_then(|segment| here.inside.get(segment));
            if let Some(Known { state, by }) = here.known {
                let is_there = match (state, next) {
                    (State::Gone, _) | (State::Scalar, Some(_)) | (State::Object(_), Some(Segment::Each)) => false,
                    (State::Object(since), Some(Segment::Key(_))) => {
                        since != self.since || inner.is_some_and(|inner| inner.first_there().is_some())
                    }
                    (State::List, Some(Segment::Key(key))) => key.bytes().all(|digit| digit.is_ascii_digit()),
                    _ => true,
                };
                if !is_there {
                    return Err(Clash { kind: ClashKind::NeverApplies, with: by });
                }
            }
            place = inner;
        }
        Ok(())
    }

    /// Like the above, also for a place that certainly holds an object or a list.
    fn reach_scalar(&self, at: &[Segment]) -> Result<(), Clash> {
        self.reach(at)?;
        match self.known(at) {
            Some(Known { state: State::Object(_) | State::List, by }) => {
                Err(Clash { kind: ClashKind::NeverApplies, with: by })
            }
            _ => Ok(()),
        }
    }

    /// Refuses a place that is certainly taken.
    fn free(&self, at: &[Segment]) -> Result<(), Clash> {
        match self.at(at).and_then(Place::first_there) {
            Some(by) => Err(Clash { kind: ClashKind::Taken, with: by }),
            None => Ok(()),
        }
    }

    /// Creates the missing parents of a place; refuses a scalar or a list among them.
    fn make_holders(&mut self, to: &[Segment]) -> Result<(), Clash> {
        for length in 0..to.len() {
            let Some(holder) = to.get(..length) else { continue };
            match self.known(holder) {
                Some(Known { state: State::Scalar | State::List, by }) => {
                    return Err(Clash { kind: ClashKind::NeverApplies, with: by });
                }
                Some(Known { state: State::Gone, .. }) => self.put(holder, State::There),
                _ => {}
            }
        }
        Ok(())
    }

    fn place(&mut self, at: &[Segment]) -> &mut Place {
        at.iter().fold(&mut self.top, |place, segment| place.inside.entry(segment.clone()).or_default())
    }

    fn put(&mut self, at: &[Segment], state: State) {
        // Ops within a `when` change only some of the values, so the new state is uncertain.
        let state = if self.is_partial { State::There } else { state };
        let by = self.change;
        self.place(at).known = Some(Known { state, by });
    }

    /// Sets a new value, of which only the state is known.
    fn replace(&mut self, at: &[Segment], state: State) {
        *self.place(at) = Place::default();
        self.put(at, state);
    }

    fn take(&mut self, at: &[Segment]) {
        *self.place(at) = Place::default();
        if !self.is_partial {
            self.put(at, State::Gone);
        }
    }

    /// The value at one place goes to another, with what is known of it.
    fn shift(&mut self, from: &[Segment], to: &[Segment]) {
        let mut value = core::mem::take(self.place(from));
        let state = value.known.map_or(State::There, |known| known.state);
        value.known = Some(Known { state, by: self.change });
        *self.place(to) = value;
    }

    /// Replaces the value at `at` with the one at `from`, which is inside it.
    fn pull(&mut self, at: &[Segment], from: &[Segment]) -> Result<(), Clash> {
        self.reach(from)?;
        self.shift(from, at);
        Ok(())
    }

    fn add(&mut self, at: &Pointer, default: &str) {
        let state = match default.as_bytes().first() {
            Some(b'{') => State::Object(self.since),
            Some(b'[') => State::List,
            _ => State::Scalar,
        };
        self.replace(at.segments(), state);
        for member in Object::open(default).iter().flat_map(Object::members) {
            let name = member.decoded_name().unwrap_or_default();
            self.put(&inside(at, Segment::Key(name)), State::There);
        }
    }
}

impl Place {
    /// The change that made this place, or one inside of it, if one is certainly there.
    fn first_there(&self) -> Option<usize> {
        let here = self.known.filter(|known| known.state != State::Gone).map(|known| known.by);
        here.or_else(|| self.inside.values().find_map(Self::first_there))
    }
}

fn holder(at: &Pointer) -> &[Segment] {
    at.segments().split_last().map_or(&[], |(_, holder)| holder)
}

fn inside(at: &Pointer, last: Segment) -> Vec<Segment> {
    at.segments().iter().cloned().chain([last]).collect()
}
