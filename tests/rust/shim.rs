//! Version shims: their laws against an independent reference, chains of changes, the rule of pinning.

mod chains;
pub mod generate;
mod infer;
mod infer_laws;
mod infer_regular;
mod laws;
mod public_changes;
mod reference;
mod reference_convert;
mod reference_ops;
mod versions;
