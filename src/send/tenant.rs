//! Tenants: the customers of a platform, kept apart from each other, and the keys of their endpoints.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

use super::error::SendError;

/// Separates the tenant from the endpoint's id in a key. A tenant's name never contains it.
const SEPARATOR: char = '\u{1f}';
/// The character behind the separator: all keys of a tenant sort before its name with this.
const BEHIND: char = '\u{20}';
/// The longest name, so that it can be a label of a metric.
const MAX_NAME_BYTES: usize = 100;
/// The tenant of those who have one only.
const DEFAULT: &str = "default";
/// The tenant whose endpoints get what happens to all others'.
const OPERATOR: &str = "operator";

/// The name of a tenant. Events, endpoints and idempotency keys of one tenant are unknown to every other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tenant(String);

/// Names an endpoint of a tenant: the text that stores keep.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointKey(String);

impl Tenant {
    /// The tenant of that name.
    ///
    /// # Errors
    /// `tenant_refused`: the name is blank, longer than 100 bytes, or has control characters.
    pub fn new(name: &str) -> Result<Self, SendError> {
        if name.trim().is_empty() || name.len() > MAX_NAME_BYTES || name.chars().any(char::is_control) {
            return Err(SendError::TenantRefused);
        }
        Ok(Self(name.to_owned()))
    }

    /// The tenant that a store holds by this name.
    pub(crate) const fn from_stored(name: String) -> Self {
        Self(name)
    }

    /// The tenant `operator`: its endpoints get events about endpoints and deliveries of all others.
    #[must_use]
    pub fn operator() -> Self {
        Self(OPERATOR.to_owned())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of an endpoint of this tenant.
    #[must_use]
    pub fn endpoint(&self, id: &str) -> EndpointKey {
        let mut key = self.0.clone();
        key.push(SEPARATOR);
        key.push_str(id);
        EndpointKey(key)
    }

    /// The least text that sorts before all keys of the tenant, and the least that sorts behind them.
    pub(crate) fn key_range(&self) -> (String, String) {
        let bound = |last| {
            let mut text = self.0.clone();
            text.push(last);
            text
        };
        (bound(SEPARATOR), bound(BEHIND))
    }
}

impl EndpointKey {
    /// The key that a store holds as this text; one without a tenant belongs to the default tenant.
    pub(crate) fn from_stored(text: String) -> Self {
        if text.contains(SEPARATOR) { Self(text) } else { Tenant::default().endpoint(&text) }
    }

    /// The text that a store holds.
    pub(crate) fn as_stored(&self) -> &str {
        &self.0
    }

    fn parts(&self) -> (&str, &str) {
        self.0.split_once(SEPARATOR).unwrap_or((DEFAULT, &self.0))
    }

    /// The tenant.
    #[must_use]
    pub fn tenant(&self) -> Tenant {
        Tenant(self.parts().0.to_owned())
    }

    /// The endpoint's id within its tenant.
    #[must_use]
    pub fn id(&self) -> &str {
        self.parts().1
    }
}

impl Default for Tenant {
    fn default() -> Self {
        Self(DEFAULT.to_owned())
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Shows the id, behind its tenant unless that is the default.
impl fmt::Display for EndpointKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts() {
            (DEFAULT, id) => f.write_str(id),
            (tenant, id) => write!(f, "{tenant}/{id}"),
        }
    }
}

impl fmt::Debug for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl fmt::Debug for EndpointKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (tenant, id) = self.parts();
        write!(f, "{tenant:?}/{id:?}")
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn keys_of_a_tenant_sort_together_and_apart_from_all_others() {
        let tenants = ["a", "a b", "a-b", "ab", "b", "default", "ä"].map(|name| Tenant::new(name).unwrap());
        for tenant in &tenants {
            let (start, end) = tenant.key_range();
            for other in &tenants {
                for id in ["", "x", "\u{10ffff}", " ", "\u{1f}", "a\u{1f}b"] {
                    let key = other.endpoint(id);
                    let is_inside = start.as_str() <= key.as_stored() && key.as_stored() < end.as_str();
                    assert_eq!(is_inside, tenant == other, "{key:?} in {tenant}");
                    assert_eq!((key.tenant(), key.id()), (other.clone(), id));
                }
            }
        }
    }

    #[test]
    fn refuses_names_that_are_blank_long_or_have_control_characters() {
        for name in ["", " ", "a\u{1f}b", "a\n", &"x".repeat(101)] {
            assert_eq!(Tenant::new(name), Err(SendError::TenantRefused), "{name:?}");
        }
        assert_eq!(Tenant::new("default").unwrap(), Tenant::default());
        let shown = [Tenant::default().endpoint("e"), Tenant::operator().endpoint("e")].map(|key| key.to_string());
        assert_eq!(shown, ["e", "operator/e"]);
        assert_eq!(EndpointKey::from_stored("e".into()), Tenant::default().endpoint("e"));
    }
}
