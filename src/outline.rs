//! What a host that has parsed a body itself has to show of it.

use crate::json::Pointer;
use crate::receive::{Receiver, Wanted};

/// What is looked at in the value at a place. A host may show a stand-in for whatever is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The value: it tells the kind or the release, or it holds the data.
    Named,
    /// Whether it is text, and whether that is empty.
    Id,
    /// Whether there is one.
    Time,
    /// Whether there is one, and whether it is an object or a list: a change takes it to another place.
    Moved,
    /// The value and all that is in it: a change compares it.
    Compared,
}

/// Calls `act` with each place that matters to a receiver in a body, and with what is looked at there. `None` when only
/// the body's own text will do.
#[must_use]
pub fn outline(receiver: &Receiver, act: &mut dyn FnMut(Role, &Pointer)) -> Option<()> {
    let layout = &receiver.profile.envelope;
    let lists = [
        (Role::Named, &layout.kind),
        (Role::Named, &layout.version),
        (Role::Named, &layout.data),
        (Role::Id, &layout.id),
        (Role::Time, &layout.time),
    ];
    for (role, list) in lists {
        for at in list {
            act(role, at);
        }
    }
    if receiver.wanted != Wanted::AsReceived {
        let (touched, is_compared) = receiver.touched()?;
        let role = if is_compared { Role::Compared } else { Role::Moved };
        // A body that is no envelope is all data.
        for data in layout.data.iter().chain([&Pointer::default()]) {
            for place in &touched {
                act(role, &place.under(data.segments()));
            }
        }
    }
    Some(())
}
