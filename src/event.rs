//! What happened: one variant for each event type that Mambo's docs name, and `Unknown` for every other.
//!
//! Source: docs.mambo.io/developers/webhooks/events-payload (the stored copy of its table is cut after
//! `NotificationRead`) and docs.mambo.io/administrators/account/webhooks (`PointWalletUpdated`). New event types may
//! come at any time without a new version: an unknown event type is a value, never an error.

mod id;

pub mod activity;
pub mod model;
pub mod notification;
pub mod ping;
pub mod wallet;

use alloc::borrow::Cow;

use serde::Deserialize;

pub use activity::Activity;
pub use model::Model;
pub use notification::Notification;
pub use ping::Ping;
pub use wallet::PointWallet;

macro_rules! events {
    ($($(#[doc = $doc:literal])+ $event_type:ident: $model:ident,)+) => {
        /// An event with its data.
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum Event<'a> {
            $($(#[doc = $doc])+ $event_type(Model<'a, $model>),)+
            /// An event of a type that this release of the SDK does not know, or without a type.
            Unknown {
                /// The event type; `None` if neither the delivery nor the receiver's settings give one.
                event_type: Option<Cow<'a, str>>,
                /// The data, of any shape.
                data: Model<'a, serde_json::Value>,
            },
        }

        /// The event types that have a variant, as Mambo writes them.
        pub const EVENT_TYPES: &[&str] = &[$(stringify!($event_type),)+];

        impl<'a> Event<'a> {
            /// The event of this type with this data.
            #[must_use]
            pub fn new(event_type: Option<Cow<'a, str>>, data: Cow<'a, str>) -> Self {
                match event_type.as_deref() {
                    $(Some(stringify!($event_type)) => Self::$event_type(Model::new(data)),)+
                    _ => Self::Unknown { event_type, data: Model::new(data) },
                }
            }

            /// The event type, as Mambo writes it.
            #[must_use]
            pub fn event_type(&self) -> Option<&str> {
                match self {
                    $(Self::$event_type(_) => Some(stringify!($event_type)),)+
                    Self::Unknown { event_type, .. } => event_type.as_deref(),
                }
            }

            /// Reads the data as a type of yours.
            ///
            /// # Errors
            /// When the data is not of that type.
            pub fn parse<'e, T: Deserialize<'e>>(&'e self) -> Result<T, serde_json::Error> {
                serde_json::from_str(self.json())
            }

            /// The data as JSON text.
            #[must_use]
            pub fn json(&self) -> &str {
                match self {
                    $(Self::$event_type(data) => data.json(),)+
                    Self::Unknown { data, .. } => data.json(),
                }
            }
        }
    };
}

events! {
    /// A webhook was created, or a test was asked for.
    Ping: Ping,
    /// An activity was created.
    ActivityCreated: Activity,
    /// The behaviours of an activity were processed and their statuses added to it.
    ActivityBehavioursAdded: Activity,
    /// A reward or KPI was processed and added to an activity. Comes once for each, so several times an activity.
    ActivityAwardedAdded: Activity,
    /// Points of an activity expired.
    ActivityExpiredPointsDebited: Activity,
    /// An activity was rejected.
    ActivityRejected: Activity,
    /// A notification was created.
    NotificationCreated: Notification,
    /// One notification was marked as read. Marking many at once sends nothing.
    NotificationRead: Notification,
    /// A point wallet changed. Only the name is known.
    PointWalletUpdated: PointWallet,
}
