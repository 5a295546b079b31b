//! The sender: events become signed POSTs. Feature `send`.
//!
//! One attempt is one POST with its own timestamp and signature; redirects are never followed, and no proxy is
//! taken from the environment.

pub mod clock;

pub mod endpoint;

pub mod transport;

pub use clock::now;
pub use endpoint::Endpoint;
pub use transport::{Attempt, Sender};
