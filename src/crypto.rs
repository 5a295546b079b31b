//! Secrets, keys and tags: everything that touches key material.

pub(crate) mod encoding;

pub(crate) mod hmac;

pub(crate) mod key;
