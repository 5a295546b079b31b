//! Data that is read into its type only when somebody asks.

use alloc::borrow::Cow;
use core::fmt;
use core::marker::PhantomData;

use serde::Deserialize;

/// The data of an event: JSON text that can be read as a `T`.
#[derive(Clone)]
pub struct Model<'a, T> {
    json: Cow<'a, str>,
    model: PhantomData<fn() -> T>,
}

impl<'a, T: Deserialize<'a>> Model<'a, T> {
    /// Reads the data as its own type. What the type does not name is kept in its `extra`.
    ///
    /// # Errors
    /// When a member has another type than the model gives it. The JSON text is still there.
    pub fn parse(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.json)
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
