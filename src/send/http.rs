//! How a delivery goes out: one bounded POST, to permitted addresses only.

pub(super) mod resolve;

mod kept;

pub(crate) mod trace;

pub(super) mod post;

pub(crate) use kept::descriptors;
