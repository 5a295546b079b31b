//! What is refused when an event is taken: what no attempt could send.

use mambo_webhooks::send::{AddressPolicy, EndpointSettings, HttpOptions, NewEvent, SendError, Sender, Sqlite, Store};
use mambo_webhooks::{Error, Profile, Renderer, Shims, Version};

use super::scratch::Scratch;

const SERVER: Version = Version::new(8, 10, 2);

/// A sender whose profile signs a header with the event's id, and has this text behind it.
async fn sender(scratch: &Scratch, behind: &str) -> Sender<Sqlite> {
    let profile = [
        r#"{"scheme":{"grammar":{"form":"list"},"timestamp":{"header":"x-time"},"signedTexts":["{header:x-id}"#,
        behind,
        r#"{timestamp}.{body}"]}}"#,
    ]
    .concat();
    let renderer = Renderer::new(Profile::from_json(&profile).unwrap(), Shims::default(), SERVER).unwrap();
    let store = Sqlite::open(scratch.file("store.db")).unwrap();
    let sender = Sender::new(store, renderer, HttpOptions::new(AddressPolicy::public_only()));
    sender.add_endpoint("e", EndpointSettings::new("https://8.8.8.8/", "correct horse battery staple")).await.unwrap();
    sender
}

fn event() -> NewEvent {
    NewEvent::new("Other", SERVER, "{}").unwrap()
}

#[tokio::test]
async fn an_event_id_that_a_signed_header_cannot_hold_is_refused() {
    let scratch = Scratch::new();
    let sender = sender(&scratch, ".").await;
    let before = sender.store().counts(None).await.unwrap().waiting();
    let expected = "no `.`, which ends the value in the signed text,";
    let malformed = |expected: &str, at| {
        let (header, expected) = ("x-id".into(), expected.into());
        SendError::Core(Error::HeaderMalformed { header, expected, at })
    };
    let refused = async |id: &str| sender.send_all(vec![event().id("good"), event().id(id)]).await.unwrap_err();
    assert_eq!(refused("e.1").await, malformed(expected, 1));
    assert_eq!(refused("e\n1").await.code(), "header_malformed");
    assert_eq!(refused("ä").await.code(), "header_malformed");
    assert_eq!(sender.store().counts(None).await.unwrap().waiting(), before, "none of them was taken");
    for event in [event().id("good"), event().id("e-1"), event()] {
        assert_eq!(sender.send(event).await.unwrap().deliveries, 1);
    }
}

#[tokio::test]
async fn a_profile_that_no_new_id_fits_takes_no_event() {
    let scratch = Scratch::new();
    let sender = sender(&scratch, "-").await;
    assert_eq!(sender.send(event()).await.unwrap_err().code(), "header_malformed");
    assert_eq!(sender.send(event().id("e1")).await.unwrap().deliveries, 1);
}
