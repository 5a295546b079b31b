//! Everything but the verifying of a delivery, as questions with numbers. `QUESTIONS` in `js/core.ts` has their order.

use std::rc::Rc;

use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

use crate::answer::{diagnosed, received};
use crate::{ANSWER, HostMac, PLACE, RECEIVERS, REFUSAL, SHARED, host_key, receiver};
use mambo_webhooks::error::Error;
use mambo_webhooks::json::quoted;
use mambo_webhooks::key::KeyRing;
use mambo_webhooks::mac::inner_block;
use mambo_webhooks::outline::{Role, outline};
use mambo_webhooks::profile::Profile;
use mambo_webhooks::receive::{Receiver, event_key};
use mambo_webhooks::sign::sign;
use mambo_webhooks::time::UnixMillis;
use mambo_webhooks::verify::{CoreMac, MacProvider, Verified};
use mambo_webhooks_edge::{Lines, failed, now_millis, text as said};

/// What is asked: of the receiver that has this number, about a text and a body, with a figure that is a time in
/// milliseconds since 1970 unless an answer says otherwise. What is of no use to a question is empty.
struct Question<'q> {
    number: usize,
    text: &'q str,
    body: &'q [u8],
    figure: f64,
    by_host: bool,
}

/// What answers, by the numbers that questions have in `js/core.ts`. Through this table each stays a function of its own:
/// a runtime compiles a function when it is first called, all of it, and tools would make one of those that have one caller.
static ANSWERS: [fn(&Question<'_>) -> String; 14] = [
    opened,
    opened_with,
    received_by,
    unfolded,
    outlined,
    replay_key,
    key_id,
    refusal,
    lent,
    closed,
    key_of_event,
    refused,
    signed,
    explained,
];

/// Asks a question. Answers are texts, most of them in the form that `mambo_webhooks_edge` has; an empty one says that there
/// is none. Returned is the place of `Shared`: two numbers, where the answer is and how many bytes it has, and the room
/// behind them. The answer is there until the next question.
#[wasm_bindgen]
pub fn ask(question: usize, number: usize, text: Vec<u8>, body: &[u8], figure: f64, by_host: bool) -> *const usize {
    // Not beside the next answer: this memory never shrinks.
    drop(ANSWER.take());
    let text = Zeroizing::new(text);
    // The other side encodes texts: they always are UTF-8.
    let text = std::str::from_utf8(&text).unwrap_or_default();
    let asked = Question { number, text, body, figure, by_host };
    let answer = ANSWERS.get(question).map(|answer| answer(&asked)).unwrap_or_default();
    let place = [answer.as_ptr().addr(), answer.len()];
    ANSWER.set(answer);
    SHARED.with(|shared| {
        shared.answer.set(place);
        core::ptr::from_ref(shared).cast()
    })
}

impl Question<'_> {
    /// What its receiver says to it.
    fn of(&self, answer: impl FnOnce(&Receiver) -> Option<String>) -> String {
        receiver(self.number).and_then(|receiver| answer(&receiver)).unwrap_or_default()
    }
}

/// Opens a receiver under a number, from a settings document. The names of the headers that it wants on one line, and
/// the ids of its keys on another, a blank behind each; or `{"error":…}`.
fn opened(asked: &Question<'_>) -> String {
    held(asked.number, Receiver::from_json(asked.text))
}

/// The same for one secret and the defaults, where none of what reads a document has to be compiled.
fn opened_with(asked: &Question<'_>) -> String {
    held(asked.number, KeyRing::single(asked.text).map(Receiver::new))
}

fn held(number: usize, receiver: Result<Receiver, Error>) -> String {
    let receiver = match receiver {
        Ok(receiver) => receiver,
        Err(error) => return failed(&error),
    };
    // No name and no id has a blank or a line's end in it.
    let mut answer = String::new();
    for name in receiver.header_names() {
        answer.push_str(name);
        answer.push(' ');
    }
    answer.push('\n');
    for key in receiver.keys().keys() {
        answer.push_str(key.id());
        answer.push(' ');
    }
    RECEIVERS.with_borrow_mut(|receivers| {
        receivers.resize_with(receivers.len().max(number.saturating_add(1)), || None);
        if let Some(place) = receivers.get_mut(number) {
            *place = Some(Rc::new(receiver));
        }
    });
    answer
}

/// `Received::event_key` of a delivery that was received. The text is its id; without one it is empty.
fn key_of_event(asked: &Question<'_>) -> String {
    event_key(Some(asked.text).filter(|id| !id.is_empty()), asked.body)
}

/// `Verified::replay_key` of a delivery that was verified.
fn replay_key(asked: &Question<'_>) -> String {
    asked.of(|receiver| receiver.replay_key(&Lines(asked.text), asked.body))
}

/// The id of the key that fitted last.
fn key_id(asked: &Question<'_>) -> String {
    asked.of(|receiver| receiver.keys().keys().get(PLACE.get()).map(|key| key.id().into()))
}

/// Why a delivery was refused last.
fn refusal(_: &Question<'_>) -> String {
    REFUSAL.take()
}

/// Forgets a receiver.
fn closed(asked: &Question<'_>) -> String {
    RECEIVERS.with_borrow_mut(|receivers| {
        if let Some(place) = receivers.get_mut(asked.number) {
            *place = None;
        }
    });
    String::new()
}

/// Lends the keys to the host's MAC.
fn lent(asked: &Question<'_>) -> String {
    asked.of(|receiver| {
        for key in receiver.keys().keys() {
            let secret = key.secret().expose();
            host_key(secret, &inner_block(secret)[..]);
        }
        None
    })
}

/// The places that matter to a receiver in a body, as a JSON list of texts: a letter for what is looked at, and a
/// pointer. Nothing when only the body's own text will do.
fn outlined(asked: &Question<'_>) -> String {
    asked.of(|receiver| {
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
    })
}

/// `{"ok":{…,"data":…}}` or `{"error":…}` for a body that was verified, or an outline of it. Only for what `verify` has
/// just accepted.
fn unfolded(asked: &Question<'_>) -> String {
    asked.of(|receiver| {
        let found = receiver.open(Verified::assume(asked.body, UnixMillis(0)), &Lines(asked.text));
        Some(found.map_or_else(|error| failed(&error), |found| received(&found)))
    })
}

/// `{"ok":{…,"data":…}}` or `{"error":…}`. The text has a name on a line, then its value on a line, and so on.
fn received_by(asked: &Question<'_>) -> String {
    asked.of(|receiver| {
        let lines = Lines(asked.text);
        let host = HostMac(receiver);
        let mac: &dyn MacProvider = if asked.by_host { &host } else { &CoreMac };
        let found = now_millis(asked.figure)
            .and_then(|now| receiver.verify_by(mac, &lines, asked.body, now))
            .and_then(|verified| receiver.open(verified, &lines));
        Some(found.map_or_else(|error| failed(&error), |found| received(&found)))
    })
}

/// `{"ok":header value}` or `{"error":…}`: signs a body under a profile, empty for the default one, with one secret; the
/// text has both, with a zero character between them.
fn signed(asked: &Question<'_>) -> String {
    let (profile, secret) = asked.text.split_once('\0').unwrap_or_default();
    let profile = if profile.is_empty() { Ok(Profile::default()) } else { Profile::from_json(profile) };
    let signed = profile.and_then(|profile| {
        let keys = KeyRing::single(secret)?;
        sign(&profile.scheme, &keys, asked.body, now_millis(asked.figure)?)
    });
    signed.map_or_else(|error| failed(&error), |value| said(&value))
}

/// What `diagnose` finds: `{"ok":{error,causes,hashes}}`, of the same as `received_by`, but for all headers.
fn explained(asked: &Question<'_>) -> String {
    asked.of(|receiver| {
        let now = match now_millis(asked.figure) {
            Ok(now) => now,
            Err(error) => return Some(failed(&error)),
        };
        let lines = Lines(asked.text);
        let refused = receiver.verify(&lines, asked.body, now).err();
        let found = refused.map(|error| receiver.explain(error, &lines, asked.body, now)).unwrap_or_default();
        Some(diagnosed(&found))
    })
}

/// `{"error"}` for a refusal that is found on the other side, by its place in `REFUSALS` of `js/core.ts`. The text says what
/// was passed instead of bytes, or how many bytes are allowed of a body that must not be copied into this memory, which
/// never shrinks; the figure then is how many it has.
fn refused(asked: &Question<'_>) -> String {
    // A length that the other side has counted.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "see above")]
    let bytes = asked.figure as usize;
    failed(&match asked.number {
        0 => Error::DeliveryReplayed,
        1 => Error::DeliveryPending,
        2 => Error::ReplayStoreFull,
        3 => Error::HandlersMissing,
        4 => Error::KindUnknown,
        5 => Error::BodyParsed { found: asked.text.into() },
        _ => Error::BodyTooLarge { bytes, allowed: asked.text.parse().unwrap_or_default() },
    })
}
