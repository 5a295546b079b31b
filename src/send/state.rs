//! Whether deliveries go to an endpoint, and why not.

/// Whether deliveries go to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Deliveries go to the endpoint.
    Enabled,
    /// Deliveries wait until the endpoint is enabled.
    Disabled(DisableReason),
    /// The endpoint gets no new events. What waits for it is delivered, and then it is removed.
    Leaving,
}

/// Why an endpoint is disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisableReason {
    /// An operator said so.
    ByHand,
    /// The endpoint answered 410 Gone.
    Gone,
    /// Every attempt failed for days: see [`DisableRule`](crate::send::DisableRule).
    Failing,
}

impl State {
    /// The state's stable name, as it is stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled(reason) => reason.as_str(),
            Self::Leaving => "leaving",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [
            Self::Enabled,
            Self::Disabled(DisableReason::ByHand),
            Self::Disabled(DisableReason::Gone),
            Self::Disabled(DisableReason::Failing),
            Self::Leaving,
        ];
        all.into_iter().find(|state| state.as_str() == name)
    }
}

impl DisableReason {
    /// The stable name of the state that the reason makes.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ByHand => "disabled",
            Self::Gone => "disabled_gone",
            Self::Failing => "disabled_failing",
        }
    }
}
