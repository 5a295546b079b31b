//! Taking events into PostgreSQL.

use alloc::string::String;
use alloc::vec::Vec;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::connection::Parameter;
use super::rows::{get, unsigned};
use crate::send::error::SendError;
use crate::send::event::NewEvent;
use crate::send::seal::Seal;
use crate::send::store::contract::Enqueued;
use crate::send::tenant::{EndpointKey, Tenant};

/// The statement; [`Columns::parameters`] are its parameters, [`taken`] reads its answer.
pub(super) const ENQUEUE: &str =
    "SELECT place, event, deliveries, is_new FROM mambo_enqueue($1, $2, $3, $4, $5, $6, $7, $8, $9) ORDER BY place";

/// Events as columns: one array for each field.
pub(super) struct Columns {
    tenant: String,
    ids: Vec<String>,
    event_types: Vec<String>,
    versions: Vec<String>,
    times: Vec<Option<String>>,
    datas: Vec<String>,
    keys: Vec<Option<String>>,
    traceparents: Vec<Option<String>>,
    one: Option<String>,
}

impl Columns {
    /// Columns of events for every endpoint of the tenant that subscribes.
    pub(super) fn new(seal: &Seal, tenant: &Tenant, events: Vec<NewEvent>) -> Result<Self, SendError> {
        let mut columns = Self {
            tenant: tenant.as_str().into(),
            ids: Vec::new(),
            event_types: Vec::new(),
            versions: Vec::new(),
            times: Vec::new(),
            datas: Vec::new(),
            keys: Vec::new(),
            traceparents: Vec::new(),
            one: None,
        };
        for event in events {
            let (event, key) = event.named()?;
            columns.datas.push(seal.data(tenant, &event.id, &event.data)?.into_owned());
            columns.ids.push(event.id);
            columns.event_types.push(event.event_type);
            columns.versions.push(alloc::format!("{}", event.version));
            columns.times.push(event.time);
            columns.keys.push(key);
            columns.traceparents.push(event.traceparent);
        }
        Ok(columns)
    }

    /// Columns of an event for one endpoint by hand.
    pub(super) fn for_one(seal: &Seal, event: NewEvent, endpoint: &EndpointKey) -> Result<Self, SendError> {
        let one = Some(endpoint.as_stored().into());
        Ok(Self { one, ..Self::new(seal, &endpoint.tenant(), alloc::vec![event])? })
    }

    pub(super) fn parameters(&self) -> [Parameter<'_>; 9] {
        [
            (&self.tenant, Type::TEXT),
            (&self.ids, Type::TEXT_ARRAY),
            (&self.event_types, Type::TEXT_ARRAY),
            (&self.versions, Type::TEXT_ARRAY),
            (&self.times, Type::TEXT_ARRAY),
            (&self.datas, Type::TEXT_ARRAY),
            (&self.keys, Type::TEXT_ARRAY),
            (&self.traceparents, Type::TEXT_ARRAY),
            (&self.one, Type::TEXT),
        ]
    }
}

/// What became of the events, in their order.
pub(super) fn taken(rows: &[Row]) -> Result<Vec<Enqueued>, SendError> {
    let one = |row: &Row| {
        let deliveries = unsigned(get(row, "deliveries")?);
        Ok(Enqueued { event: get(row, "event")?, deliveries, is_new: get(row, "is_new")? })
    };
    rows.iter().map(one).collect()
}
