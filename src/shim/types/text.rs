//! Text that is made piece by piece.

use alloc::string::String;
use core::fmt::{Arguments, Write};

/// Adds formatted pieces to a text, without a text between.
pub(super) trait Add {
    /// Adds one piece.
    fn add(&mut self, piece: Arguments<'_>);
}

impl Add for String {
    fn add(&mut self, piece: Arguments<'_>) {
        // Writing to memory cannot fail.
        let _written = self.write_fmt(piece);
    }
}
