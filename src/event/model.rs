//! Data that is read into its type on demand.

use alloc::borrow::Cow;
use core::fmt;
use core::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// The data of an event: JSON text that can be read as a `T`.
#[derive(Clone)]
pub struct Model<'a, T> {
    json: Cow<'a, str>,
    model: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Model<'_, T> {
    /// Reads the data as its own type. What the type does not name is kept in its `extra`; of a repeated member the
    /// last one counts, as in `JSON.parse`.
    ///
    /// # Errors
    /// When a member has another type than the model gives it, or values are nested deeper than 127 levels. The JSON
    /// text is still there.
    pub fn parse(&self) -> Result<T, serde_json::Error> {
        // Parses through a `Value`, since serde refuses a repeated member of a struct.
        serde_json::from_value(serde_json::from_str::<Value>(&self.json)?)
    }
}

impl<'a, T> Model<'a, T> {
    pub(crate) const fn new(json: Cow<'a, str>) -> Self {
        Self { json, model: PhantomData }
    }

    /// The data as JSON text.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }
}

/// Shows how long the data is, not what it is: events are personal data, and Debug ends up in logs.
impl<T> fmt::Debug for Model<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Model({} bytes)", self.json.len())
    }
}
