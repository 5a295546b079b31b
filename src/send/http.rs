//! How a delivery goes out: one bounded POST, to permitted addresses only.

pub mod resolve;

mod kept;

pub(crate) mod trace;

pub mod post;

pub(crate) use kept::descriptors;
