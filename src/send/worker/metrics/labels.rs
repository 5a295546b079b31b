//! The label `tenant`, bounded: a store of many tenants does not make many series.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt::{self, Write};
use std::sync::{Mutex, PoisonError};

use prometheus_client::encoding::{EncodeLabelValue, LabelValueEncoder};

use crate::send::tenant::Tenant;

/// How many tenants have a separate label. A tenant has up to 35 series in the metrics of a worker, so these make at most
/// 3,500; beyond some hundred values of a label Prometheus' guidelines say to use another tool.
const SEPARATE: usize = 100;
/// The label of all other tenants together.
const OTHER: &str = "_other";

/// The value of a label `tenant`, escaped as the text format wants it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct TenantLabel(Arc<str>);

/// The tenants that have a separate label: those that came first. A label stays as long as the process.
#[derive(Debug)]
pub(super) struct TenantLabels {
    separate: Mutex<BTreeMap<Tenant, TenantLabel>>,
    other: TenantLabel,
}

impl TenantLabel {
    fn new(name: &str) -> Self {
        let mut escaped = String::with_capacity(name.len());
        for letter in name.chars() {
            // A name has no line breaks, which would have to be escaped too.
            if matches!(letter, '"' | '\\') {
                escaped.push('\\');
            }
            escaped.push(letter);
        }
        Self(escaped.into())
    }

    /// Returns whether a line of the text has this label.
    pub(super) fn is_in(&self, line: &str) -> bool {
        // Quotes inside of values are escaped, so this is found where a label begins and nowhere else.
        line.split_once("tenant=\"")
            .and_then(|(_, rest)| rest.strip_prefix(&*self.0))
            .is_some_and(|rest| rest.starts_with('"'))
    }
}

impl Default for TenantLabels {
    fn default() -> Self {
        Self { separate: Mutex::default(), other: TenantLabel::new(OTHER) }
    }
}

impl TenantLabels {
    /// The tenant's label: a separate one if there is one left, or the one for all others.
    pub(super) fn of(&self, tenant: &Tenant) -> TenantLabel {
        self.separate(tenant).unwrap_or_else(|| self.other.clone())
    }

    /// The tenant's separate label, if there is one left.
    pub(super) fn separate(&self, tenant: &Tenant) -> Option<TenantLabel> {
        let mut separate = self.separate.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(label) = separate.get(tenant) {
            return Some(label.clone());
        }
        if separate.len() >= SEPARATE || tenant.as_str() == OTHER {
            return None;
        }
        let label = TenantLabel::new(tenant.as_str());
        separate.insert(tenant.clone(), label.clone());
        Some(label)
    }
}

impl EncodeLabelValue for TenantLabel {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_tenants_have_a_label_and_all_others_share_one() {
        let labels = TenantLabels::default();
        let tenant = |number: usize| Tenant::new(&alloc::format!("t{number}")).unwrap();
        for number in (0..SEPARATE + 50).chain(0..SEPARATE + 50) {
            let label = labels.of(&tenant(number));
            let expected = if number < SEPARATE { alloc::format!("t{number}") } else { OTHER.into() };
            assert_eq!(&*label.0, expected);
        }
        assert_eq!(labels.separate(&tenant(SEPARATE)), None);
        assert_eq!(TenantLabels::default().separate(&Tenant::new(OTHER).unwrap()), None, "it would show all others");
    }

    #[test]
    fn a_name_cannot_leave_its_label() {
        let name = r#"a",tenant="b\"#;
        let label = TenantLabel::new(name);
        assert_eq!(&*label.0, r#"a\",tenant=\"b\\"#);
        let line = r#"x{tenant="a\",tenant=\"b\\",state="dead"} 1"#;
        assert!(label.is_in(line));
        for other in ["a", "b", "b\\", "a\""] {
            assert!(!TenantLabel::new(other).is_in(line), "{other}");
        }
        assert!(!TenantLabel::new("a").is_in("x_total 1"));
    }
}
