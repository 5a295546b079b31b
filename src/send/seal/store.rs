//! What stores seal: the secrets and headers of endpoints, and the data of events.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::sync::Arc;
use std::sync::OnceLock;

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::sealer::Sealer;
use super::text::{is_sealed, key_of};
use crate::send::endpoint::Endpoint;
use crate::send::error::SendError;
use crate::send::event::StoredEvent;
use crate::send::settings::{EndpointSettings, StoredKey};
use crate::send::state::State;
use crate::send::tenant::{EndpointKey, Tenant};

/// The member of stored settings that holds the sealed ones.
const SEALED: &str = "sealed";

/// The settings that are sealed, under the names that they have in plain settings.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    keys: Vec<StoredKey>,
    headers: Vec<(String, String)>,
}

/// The sealer of a store, if it has one. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seal(Arc<OnceLock<Sealer>>);

impl Seal {
    /// Sets the sealer; the first one stays.
    pub(crate) fn set(&self, sealer: Sealer) {
        drop(self.0.set(sealer));
    }

    /// The settings of an endpoint as they are stored.
    pub(crate) fn settings(&self, key: &EndpointKey, settings: &EndpointSettings) -> Result<String, SendError> {
        let Some(sealer) = self.0.get() else { return Ok(settings.to_json()) };
        let failed = |error: serde_json::Error| SendError::SealFailed { what: alloc::format!("{error}") };
        let mut open = settings.clone();
        let secret = Secret { keys: core::mem::take(&mut open.keys), headers: core::mem::take(&mut open.headers) };
        let secret = Zeroizing::new(serde_json::to_string(&secret).map_err(failed)?);
        let mut members: Map<String, Value> = serde_json::from_str(&open.to_json()).map_err(failed)?;
        for name in ["keys", "headers"] {
            members.remove(name);
        }
        members.insert(SEALED.into(), Value::String(sealer.seal(&endpoint_place(key), &secret)?));
        serde_json::to_string(&members).map_err(failed)
    }

    /// An endpoint from its stored settings.
    pub(crate) fn endpoint(&self, key: &EndpointKey, settings: &str, state: &str) -> Result<Endpoint, SendError> {
        let unread = || SendError::EndpointUnreadable { id: key.id().into() };
        let mut members: Map<String, Value> = serde_json::from_str(settings).map_err(|_| unread())?;
        let secret = match members.remove(SEALED) {
            Some(sealed) => {
                let opened = self.open(&endpoint_place(key), sealed.as_str().unwrap_or_default())?;
                for name in ["keys", "headers"] {
                    members.insert(name.into(), Value::Array(Vec::new()));
                }
                Some(serde_json::from_str::<Secret>(&opened).map_err(|_| unread())?)
            }
            None => None,
        };
        let mut settings: EndpointSettings = serde_json::from_value(Value::Object(members)).map_err(|_| unread())?;
        if let Some(Secret { keys, headers }) = secret {
            (settings.keys, settings.headers) = (keys, headers);
        }
        let state = State::from_name(state).ok_or_else(unread)?;
        Endpoint::from_settings(key, settings, state)
    }

    /// The data of an event as it is stored.
    pub(crate) fn data<'a>(&self, tenant: &Tenant, id: &str, data: &'a str) -> Result<Cow<'a, str>, SendError> {
        match self.0.get().filter(|sealer| sealer.seals_payloads()) {
            Some(sealer) => sealer.seal(&event_place(tenant, id), data).map(Cow::Owned),
            None => Ok(Cow::Borrowed(data)),
        }
    }

    /// Opens the data of an event. What cannot be opened stays sealed: its attempts fail, and say why.
    pub(crate) fn open_event(&self, tenant: &Tenant, event: &mut StoredEvent) {
        if !is_sealed(&event.data) {
            return;
        }
        match self.open(&event_place(tenant, &event.id), &event.data) {
            Ok(data) => event.data = data.as_str().into(),
            Err(error) => {
                tracing::warn!(event = event.id, code = error.code(), %error, "a payload cannot be opened");
                event.unopened = Some(error);
            }
        }
    }

    /// Stored settings under the current key; `None` if they are.
    pub(crate) fn reseal_settings(
        &self,
        key: &EndpointKey,
        settings: &str,
        state: &str,
    ) -> Result<Option<String>, SendError> {
        let sealer = self.0.get().ok_or_else(none)?;
        let members: Option<Map<String, Value>> = serde_json::from_str(settings).ok();
        let sealed = members.as_ref().and_then(|members| members.get(SEALED)).and_then(Value::as_str);
        if sealed.is_some_and(|sealed| key_of(sealed) == sealer.current()) {
            return Ok(None);
        }
        let endpoint = self.endpoint(key, settings, state)?;
        self.settings(key, &endpoint.settings).map(Some)
    }

    /// Stored data of an event under the current key; `None` if it is.
    pub(crate) fn reseal_data(&self, tenant: &Tenant, id: &str, data: &str) -> Result<Option<String>, SendError> {
        let sealer = self.0.get().ok_or_else(none)?;
        if is_sealed(data) && key_of(data) == sealer.current() {
            return Ok(None);
        }
        let place = event_place(tenant, id);
        let plain = if is_sealed(data) { self.open(&place, data)? } else { Zeroizing::new(data.into()) };
        sealer.seal(&place, &plain).map(Some)
    }

    fn open(&self, place: &str, sealed: &str) -> Result<Zeroizing<String>, SendError> {
        let missing = || SendError::SealKeyMissing { id: key_of(sealed).into() };
        self.0.get().ok_or_else(missing)?.open(place, sealed)
    }
}

fn none() -> SendError {
    SendError::SealFailed { what: "the store was opened without a sealing key".into() }
}

fn endpoint_place(key: &EndpointKey) -> String {
    ["endpoint\u{1f}", key.as_stored()].concat()
}

fn event_place(tenant: &Tenant, id: &str) -> String {
    ["event\u{1f}", tenant.as_str(), "\u{1f}", id].concat()
}
