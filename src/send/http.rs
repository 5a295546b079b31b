//! How a delivery goes out: one bounded POST, to permitted addresses only.

pub(super) mod resolve;

mod kept;

pub(crate) mod trace;

mod trust;

pub(super) mod proxy;

pub(super) mod options;

mod stream;

mod connect;

mod client;

pub(super) mod post;

pub(crate) use kept::descriptors;
