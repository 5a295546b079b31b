//! The modules' allocator. It takes as long for the thousandth allocation as for the first, whatever a sender makes the core
//! allocate, and less than a third of the code of the one that std comes with.

use rlsf::{GlobalTlsf, GlobalTlsfOptions};

#[global_allocator]
static ALLOCATOR: GlobalTlsf<Options> = GlobalTlsf::new();

#[derive(Debug)]
struct Options;

impl GlobalTlsfOptions for Options {
    /// Growing in place is more code than it is worth: what is large here is allocated once, in its size.
    const ENABLE_REALLOCATION: bool = false;
    /// Memory that is added joins what was there: otherwise each larger body would take its size anew.
    const COALESCE_POOLS: bool = true;
}
