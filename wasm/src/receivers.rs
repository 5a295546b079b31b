//! The receivers that JavaScript holds, by number. Not an exported class: wasm-bindgen's glue frees an object by its
//! address, and after a trap that address belongs to another instance's memory.

use std::cell::RefCell;
use std::rc::Rc;

use mambo_webhooks::{Error, Receiver};

thread_local! {
    static RECEIVERS: RefCell<Vec<Option<Rc<Receiver>>>> = const { RefCell::new(Vec::new()) };
}

/// Stores a receiver under the lowest free number, and returns that number.
pub(crate) fn add(receiver: Receiver) -> usize {
    RECEIVERS.with_borrow_mut(|receivers| {
        let number = receivers.iter().position(Option::is_none).unwrap_or(receivers.len());
        let end = receivers.len().min(number.saturating_add(1));
        receivers.splice(number..end, [Some(Rc::new(receiver))]);
        number
    })
}

/// The receiver of a number.
///
/// # Errors
/// `core_trapped` for a number that is not in use, which `js/src/slot.ts` never asks for.
pub(crate) fn find(number: usize) -> Result<Rc<Receiver>, Error> {
    RECEIVERS.with_borrow(|receivers| receivers.get(number).cloned().flatten()).ok_or(Error::CoreTrapped)
}

/// Forgets a receiver.
pub(crate) fn remove(number: usize) {
    RECEIVERS.with_borrow_mut(|receivers| {
        if let Some(place) = receivers.get_mut(number) {
            *place = None;
        }
    });
}
