//! Events for the operator's endpoints, taken in the transaction in which something happened.

use super::enqueue::{Target, enqueue};
use super::error::failed;
use super::writer::Context;
use crate::send::error::SendError;
use crate::send::notice::Notice;
use crate::send::tenant::Tenant;
use crate::version::Version;

/// Takes an event for each notice that an endpoint of the operator subscribes to.
pub(super) fn publish(context: &mut Context, notices: &[Notice], server: Version) -> Result<(), SendError> {
    if notices.is_empty() {
        return Ok(());
    }
    let Context { connection, endpoints, now, .. } = context;
    endpoints.refresh(connection).map_err(failed)?;
    let operator = Tenant::operator();
    for event in notices.iter().filter_map(|notice| notice.to_event(server)) {
        if endpoints.taking(&operator, &event.event_type).next().is_some() {
            enqueue(connection, endpoints, event, Target::Subscribed(&operator), *now)?;
        }
    }
    Ok(())
}
