//! Everything but the verifying of a delivery, as questions with numbers. `QUESTIONS` in `js/core.ts` has their order.
//!
//! Each answer is a function that stays one: a runtime compiles a function when it is first called, all of it.

use std::rc::Rc;

use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

use crate::answer::{diagnosed, received};
use crate::{HostMac, PLACE, RECEIVERS, REFUSAL, host_answer, host_key, receiver};
use mambo_webhooks::error::Error;
use mambo_webhooks::json::quoted;
use mambo_webhooks::key::{Key, KeyRing};
use mambo_webhooks::mac::inner_block;
use mambo_webhooks::outline::{Role, outline};
use mambo_webhooks::profile::Profile;
use mambo_webhooks::receive::{Receiver, event_key};
use mambo_webhooks::sign::sign;
use mambo_webhooks::time::UnixMillis;
use mambo_webhooks::verify::{CoreMac, MacProvider, Verified};
use mambo_webhooks_edge::{Lines, Members, failed, now_millis, text as said};
use mambo_webhooks_fast::verify;

/// Asks a question: of a receiver, about a text and a body, with a number that is a time in milliseconds since 1970
/// unless it says otherwise. What is of no use to it is empty. Answers are texts; `mambo_webhooks_edge` has their form.
/// An empty one says that there is none. The host is told the answer, and has not to ask this memory for it.
#[wasm_bindgen]
pub fn ask(question: u32, number: usize, text: Vec<u8>, body: &[u8], figure: f64, by_host: bool) {
    let text = Zeroizing::new(text);
    // The other side encodes texts: they always are UTF-8.
    let text = str::from_utf8(&text).unwrap_or_default();
    let answer = match question {
        0 => opened(text),
        1 => key_of_event(text, body),
        2 => refused(number, text, figure),
        3 => signed(text, body, figure),
        4 => opened_with(text),
        _ => receiver(number).map(|receiver| of_receiver(question, number, &receiver, text, body, figure, by_host)).unwrap_or_default(),
    };
    host_answer(&answer);
}

fn of_receiver(question: u32, number: usize, receiver: &Receiver, text: &str, body: &[u8], figure: f64, by_host: bool) -> String {
    let lines = Lines(text);
    match question {
        5 => received_by(receiver, &lines, body, figure, by_host),
        6 => unfolded(receiver, &lines, body),
        7 => outlined(receiver).unwrap_or_default(),
        8 => receiver.replay_key(&lines, body).unwrap_or_default(),
        9 => receiver.keys().keys().get(PLACE.get()).map(|key| key.id().into()).unwrap_or_default(),
        10 => REFUSAL.take(),
        11 => closed(number),
        12 => lent(receiver),
        _ => explained(receiver, &lines, body, figure),
    }
}

/// `{"ok":{headers,keyIds,number}}` or `{"error":…}` for a settings document: the names of the headers that the
/// receiver wants, the ids of its keys, and its number.
#[inline(never)]
fn opened(settings: &str) -> String {
    held(Receiver::from_json(settings))
}

/// The same for one secret and the defaults, where none of what reads a document has to be compiled.
#[inline(never)]
fn opened_with(secret: &str) -> String {
    held(KeyRing::single(secret).map(Receiver::new))
}

fn held(receiver: Result<Receiver, Error>) -> String {
    match receiver {
        Ok(receiver) => {
            let headers: Vec<&str> = receiver.header_names().collect();
            let ids: Vec<&str> = receiver.keys().keys().iter().map(Key::id).collect();
            let mut answer = Members::new("{\"ok\":{");
            answer.list("headers", &headers, |name| quoted(name)).list("keyIds", &ids, |id| quoted(id));
            let number = kept(receiver);
            answer.raw("number", &format!("{number}")).end("}}")
        }
        Err(error) => failed(&error),
    }
}

#[inline(never)]
fn key_of_event(id: &str, body: &[u8]) -> String {
    event_key(Some(id).filter(|id| !id.is_empty()), body)
}

/// The number by which a receiver is held from now on.
fn kept(receiver: Receiver) -> usize {
    RECEIVERS.with_borrow_mut(|receivers| {
        let free = receivers.iter().position(Option::is_none).unwrap_or(receivers.len());
        if free == receivers.len() {
            receivers.push(None);
        }
        if let Some(place) = receivers.get_mut(free) {
            *place = Some(Rc::new(receiver));
        }
        free
    })
}

/// Forgets a receiver.
#[inline(never)]
fn closed(number: usize) -> String {
    RECEIVERS.with_borrow_mut(|receivers| {
        if let Some(place) = receivers.get_mut(number) {
            *place = None;
        }
    });
    String::new()
}

/// Lends the keys to the host's MAC.
#[inline(never)]
fn lent(receiver: &Receiver) -> String {
    for key in receiver.keys().keys() {
        let secret = key.secret().expose();
        host_key(secret, &inner_block(secret)[..]);
    }
    String::new()
}

/// The places that matter to a receiver in a body, as a JSON list of texts: a letter for what is looked at, and a
/// pointer. Nothing when only the body's own text will do.
#[inline(never)]
fn outlined(receiver: &Receiver) -> Option<String> {
    let mut places = String::from("[");
    outline(receiver, &mut |role, at| {
        let letter = match role {
            Role::Named => "n",
            Role::Id => "i",
            Role::Time => "t",
            Role::Moved => "m",
            Role::Compared => "c",
        };
        places.push_str(if places.len() > 1 { "," } else { "" });
        places.push_str(&quoted(&format!("{letter}{at}")));
    })?;
    places.push(']');
    Some(places)
}

/// `{"ok":{…,"data":…}}` or `{"error":…}` for a body that was verified, or an outline of it. Only for what `verify` has
/// just accepted.
#[inline(never)]
fn unfolded(receiver: &Receiver, lines: &Lines<'_>, body: &[u8]) -> String {
    let found = receiver.open(Verified::assume(body, UnixMillis(0)), lines);
    found.map_or_else(|error| failed(&error), |found| received(&found))
}

/// `{"ok":{…,"data":…}}` or `{"error":…}`. `lines` are a name, then its value, and so on.
#[inline(never)]
fn received_by(receiver: &Receiver, lines: &Lines<'_>, body: &[u8], now: f64, by_host: bool) -> String {
    let host = HostMac(receiver);
    let mac: &dyn MacProvider = if by_host { &host } else { &CoreMac };
    let found = now_millis(now)
        .and_then(|now| verify(receiver, mac, lines, body, now))
        .and_then(|verified| receiver.open(verified, lines));
    found.map_or_else(|error| failed(&error), |found| received(&found))
}

/// `{"ok":header value}` or `{"error":…}`: signs a body under a profile, empty for the default one, with one secret; the
/// text has both, with a zero character between them.
#[inline(never)]
fn signed(text: &str, body: &[u8], now: f64) -> String {
    let (profile, secret) = text.split_once('\0').unwrap_or_default();
    let profile = if profile.is_empty() { Ok(Profile::default()) } else { Profile::from_json(profile) };
    let signed = profile.and_then(|profile| {
        let keys = KeyRing::single(secret)?;
        sign(&profile.scheme, &keys, body, now_millis(now)?)
    });
    signed.map_or_else(|error| failed(&error), |value| said(&value))
}

/// What `diagnose` finds: `{"ok":{error,causes,hashes}}`, of the same as `received_by`, but for all headers.
#[inline(never)]
fn explained(receiver: &Receiver, lines: &Lines<'_>, body: &[u8], now: f64) -> String {
    match now_millis(now) {
        Ok(now) => {
            let refused = verify(receiver, &CoreMac, lines, body, now).err();
            diagnosed(&refused.map(|error| receiver.explain(error, lines, body, now)).unwrap_or_default())
        }
        Err(error) => failed(&error),
    }
}

/// `{"error"}` for a refusal that is found on the other side, by its place in `REFUSALS` of `js/core.ts`. `text` says what
/// was passed instead of bytes, or how many `bytes` are allowed of a body that must not be copied into this memory, which
/// never shrinks.
#[inline(never)]
fn refused(place: usize, text: &str, bytes: f64) -> String {
    // A length that the other side has counted.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "see above")]
    let bytes = bytes as usize;
    failed(&match place {
        0 => Error::DeliveryReplayed,
        1 => Error::DeliveryPending,
        2 => Error::ReplayStoreFull,
        3 => Error::HandlersMissing,
        4 => Error::KindUnknown,
        5 => Error::BodyParsed { found: text.into() },
        _ => Error::BodyTooLarge { bytes, allowed: text.parse().unwrap_or_default() },
    })
}
