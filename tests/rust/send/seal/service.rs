//! Sealing keys in a key service, which is seldom called, may fail for a while, and may change its key.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use mambo_webhooks::Version;
use mambo_webhooks::send::{
    DataKey, LocalKeys, NewEvent, SealReport, Sealer, SealingKeys, SendError, Sqlite, Store, WrappedKey,
};

use super::super::scratch::Scratch;
use super::moved::{sender_of, settings};
use super::{NEW, OLD};

/// A key service: keys that are used for it, an id in place of theirs, calls that are counted, and whether it answers.
#[derive(Clone)]
struct Service(Arc<Mutex<State>>);

struct State {
    keys: LocalKeys,
    id: Option<&'static str>,
    is_down: bool,
    wraps: usize,
    unwraps: usize,
}

impl Service {
    fn new(keys: &str) -> Self {
        let keys = LocalKeys::from_text(keys).unwrap();
        Self(Arc::new(Mutex::new(State { keys, id: None, is_down: false, wraps: 0, unwraps: 0 })))
    }

    fn set(&self, change: impl Fn(&mut State)) {
        change(&mut self.0.lock().unwrap());
    }

    fn calls(&self) -> (usize, usize) {
        let state = self.0.lock().unwrap();
        (state.wraps, state.unwraps)
    }

    fn sealer(&self) -> Sealer {
        Sealer::new(self.clone()).with_payloads()
    }
}

impl SealingKeys for Service {
    fn current(&self) -> String {
        let state = self.0.lock().unwrap();
        state.id.map_or_else(|| state.keys.current(), str::to_owned)
    }

    fn wrap(&self, key: &DataKey) -> Result<WrappedKey, SendError> {
        let mut state = self.0.lock().unwrap();
        state.wraps += 1;
        let wrapped = state.keys.wrap(key)?;
        Ok(WrappedKey { id: state.id.map_or(wrapped.id, str::to_owned), ..wrapped })
    }

    fn unwrap(&self, wrapped: &WrappedKey) -> Result<DataKey, SendError> {
        let mut state = self.0.lock().unwrap();
        state.unwraps += 1;
        if state.is_down { Err(down()) } else { state.keys.unwrap(wrapped) }
    }
}

fn down() -> SendError {
    SendError::SealFailed { what: "the key service does not answer".into() }
}

#[tokio::test]
async fn a_key_service_is_called_once_for_each_data_key() {
    let scratch = Scratch::new();
    let file = scratch.file("store.db");
    let service = Service::new(OLD);
    let sender = sender_of(Sqlite::open(&file).unwrap().sealed(service.sealer()));
    for number in 0..20 {
        sender.add_endpoint(&format!("e{number}"), settings()).await.unwrap();
    }
    sender.send(NewEvent::new("Other", Version::new(9, 0, 0), "{}").unwrap()).await.unwrap();
    assert_eq!(sender.endpoints().await.unwrap().len(), 20);
    assert_eq!(service.calls(), (1, 1));
    let other = sender_of(Sqlite::open(&file).unwrap().sealed(service.sealer()));
    assert_eq!(other.endpoints().await.unwrap().len(), 20);
    assert_eq!(service.calls(), (1, 2), "another process opens the data key once");
}

/// Adds endpoints, reads them with another store while the key service is down, and then until they can be read, without a
/// change of any.
async fn are_read_again<S: Store>(first: S, second: S, service: &Service) {
    let (first, sender) = (sender_of(first), sender_of(second));
    for id in ["e", "f", "g"] {
        first.add_endpoint(id, settings()).await.unwrap();
    }
    let (_, before) = service.calls();
    service.set(|state| state.is_down = true);
    assert_eq!(sender.counts().await.unwrap().unreadable, 3);
    assert_eq!(service.calls().1, before + 1, "it is asked once, not for each endpoint");
    assert_eq!(sender.endpoint("e").await.unwrap_err(), down());
    service.set(|state| state.is_down = false);
    for _wait in 0..300 {
        if sender.counts().await.unwrap().unreadable == 0 {
            assert_eq!(sender.endpoint("e").await.unwrap().settings, settings());
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the endpoints stay unreadable");
}

#[tokio::test]
async fn endpoints_are_read_again_after_the_key_service_failed() {
    let scratch = Scratch::new();
    let file = scratch.file("store.db");
    let service = Service::new(OLD);
    let sealed = || Sqlite::open(&file).unwrap().sealed(service.sealer());
    are_read_again(sealed(), sealed(), &service).await;
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn endpoints_are_read_again_after_the_key_service_failed_in_postgresql() {
    let cluster = super::super::cluster::Cluster::start();
    let url = cluster.database().await;
    let service = Service::new(OLD);
    let sealed = async || mambo_webhooks::send::Postgres::connect(&url).await.unwrap().sealed(service.sealer());
    are_read_again(sealed().await, sealed().await, &service).await;
}

#[tokio::test]
async fn a_new_key_of_the_service_is_used_at_once() {
    let scratch = Scratch::new();
    let service = Service::new(OLD);
    let sender = sender_of(Sqlite::open(scratch.file("store.db")).unwrap().sealed(service.sealer()));
    sender.add_endpoint("e", settings()).await.unwrap();
    let both = [NEW, "\n", OLD].concat();
    service.set(|state| state.keys = LocalKeys::from_text(&both).unwrap());
    assert_eq!(sender.seal(false).await.unwrap(), SealReport { endpoints: 1, ..SealReport::default() });
    assert_eq!(sender.seal(false).await.unwrap(), SealReport::default());
    service.set(|state| state.keys = LocalKeys::from_text(NEW).unwrap());
    assert_eq!(sender.endpoint("e").await.unwrap().settings, settings());
}

/// An id with other characters could not be told from the rest of a sealed value, which then would never open again.
#[tokio::test]
async fn an_id_that_cannot_be_stored_is_refused() {
    let scratch = Scratch::new();
    let service = Service::new(OLD);
    service.set(|state| state.id = Some("arn:aws:kms:eu-west-1:1:key/2"));
    let sender = sender_of(Sqlite::open(scratch.file("store.db")).unwrap().sealed(service.sealer()));
    let refused = "sealing failed: the sealing key's id has other characters than letters, digits, `.`, `-` and `_`";
    assert_eq!(sender.add_endpoint("e", settings()).await.unwrap_err().to_string(), refused);
    assert_eq!(sender.endpoints().await.unwrap().len(), 0);
}
