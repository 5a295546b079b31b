//! What a delivery looks like on the wire. Each grammar is read and written in one file.

pub(crate) mod timestamp;

pub(crate) mod signed_text;

pub(crate) mod grammar;

pub(crate) mod scheme;

pub(crate) mod header;

pub(crate) mod claim;

pub(crate) mod envelope;

pub(crate) mod profile;
