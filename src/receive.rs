//! INBOUND: a delivery becomes an event. The mirror of [`crate::render`].
//!
//! size → signature → time → envelope → shims → event.

mod received;

mod receiver;

mod settings;

pub use received::{Received, event_key};
pub use receiver::{Receiver, TargetVersion};
