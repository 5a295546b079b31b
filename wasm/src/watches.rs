//! Watches for drift that JavaScript holds, by number.

use std::cell::RefCell;

use mambo_webhooks::Error;
use mambo_webhooks::error::ProblemCount;
use mambo_webhooks::shape::{Drift, DriftWatch};
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::output::{thrown, value};

thread_local! {
    static WATCHES: RefCell<Vec<DriftWatch>> = const { RefCell::new(Vec::new()) };
}

/// A difference from the known shape.
#[derive(Serialize)]
struct Drifted<'d> {
    kind: &'static str,
    at: &'d str,
    expected: &'d str,
    found: &'d str,
    message: String,
}

/// Makes a watch of a document of known shapes; returns its number. A process has few watches, and keeps them.
///
/// # Errors
/// `options_invalid`.
#[wasm_bindgen]
pub fn open_watch(shapes: &str) -> Result<usize, JsValue> {
    let watch = DriftWatch::from_json(shapes).map_err(|problems| {
        let first = problems.first().map(ToString::to_string).unwrap_or_default();
        let first = format!("shapes: {first}");
        thrown(&Error::OptionsInvalid { count: ProblemCount(problems.len()), first })
    })?;
    Ok(WATCHES.with_borrow_mut(|watches| {
        watches.push(watch);
        watches.len().saturating_sub(1)
    }))
}

/// Tells a watch of data, JSON text; returns a list of `Drift` of `js/src/drift.ts`.
///
/// # Errors
/// `core_trapped` for a number that is not in use, which `js/src/drift.ts` never passes.
#[wasm_bindgen]
pub fn observe(watch: usize, event_type: &str, version: Option<String>, json: &str) -> Result<JsValue, JsValue> {
    WATCHES.with_borrow_mut(|watches| {
        let watch = watches.get_mut(watch).ok_or_else(|| thrown(&Error::CoreTrapped))?;
        let drifts = watch.observe(event_type, version.as_deref(), json);
        Ok(value(&drifts.iter().map(drifted).collect::<Vec<_>>()))
    })
}

/// What a watch knows, as a document that [`open_watch`] takes.
///
/// # Errors
/// As for [`observe`].
#[wasm_bindgen]
pub fn shapes(watch: usize) -> Result<String, JsValue> {
    WATCHES
        .with_borrow(|watches| watches.get(watch).map(ToString::to_string).ok_or_else(|| thrown(&Error::CoreTrapped)))
}

fn drifted(drift: &Drift) -> Drifted<'_> {
    let Drift { kind, at, expected, found, .. } = drift;
    Drifted { kind: kind.as_str(), at, expected, found, message: drift.to_string() }
}
