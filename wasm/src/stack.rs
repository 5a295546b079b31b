//! The module's stack, which lies in its memory.

/// More than the functions that make keys use.
const WIPED_BYTES: usize = 16 * 1024;

/// Overwrites what calls have left on the stack: a key block that is moved, or made inside of a library, leaves a copy
/// there. For functions that make keys, after they made them.
#[inline(never)]
pub(crate) fn wipe() {
    std::hint::black_box([0_u8; WIPED_BYTES]);
}
