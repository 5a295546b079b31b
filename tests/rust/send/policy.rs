//! The sender's policy, which is pure: when to try again, and what an answer means.

use std::time::Duration;

use mambo_webhooks::send::classify;
use mambo_webhooks::send::store::{Effect, Next};
use mambo_webhooks::send::{AttemptResponse, Failure, Schedule};

/// The default waits.
const WAITS_SECONDS: [u64; 9] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];

#[test]
fn each_wait_is_the_schedule_s_and_at_most_its_jitter_longer() {
    let schedule = Schedule::default();
    assert_eq!(schedule.attempts(), 10);
    let mut least = 0;
    for (number, seconds) in (1_u32..).zip(WAITS_SECONDS) {
        let base = i64::try_from(seconds).unwrap() * 1000;
        let at = |permille| i64::try_from(schedule.next(number, None, permille).unwrap().as_millis()).unwrap();
        let most = base + (base / 10).clamp(2000, 900_000);
        assert_eq!((at(0), at(1000)), (base, most), "attempt {number}");
        assert!(at(500) > base && at(500) < most);
        assert!(base > least, "waits grow");
        least = base;
    }
    assert_eq!(schedule.next(10, None, 0), None);
    assert_eq!(schedule.next(0, None, 0), None);
    assert_eq!(WAITS_SECONDS.iter().sum::<u64>(), 272_105);
}

#[test]
fn a_receiver_can_ask_for_more_time_and_not_for_less_nor_for_ever() {
    let next = |asked| Schedule::default().next(1, Some(asked), 0).unwrap().as_millis();
    assert_eq!(next(Duration::ZERO), 5000);
    assert_eq!(next(Duration::from_secs(60)), 60_000);
    assert_eq!(next(Duration::MAX), 86_400_000);
}

#[test]
fn no_number_overflows() {
    let schedule = Schedule::new(vec![Duration::MAX]);
    assert_eq!(schedule.next(1, Some(Duration::MAX), u32::MAX), Some(Duration::MAX));
    assert_eq!(schedule.next(u32::MAX, None, u32::MAX), None);
}

fn status(status: u16) -> AttemptResponse {
    AttemptResponse { status: Some(status), retry_after: Some(Duration::from_secs(60)), ..AttemptResponse::default() }
}

fn classified(answer: &AttemptResponse, number: u32, is_manual: bool) -> (Next, Effect) {
    classify(answer, number, is_manual, &Schedule::default(), 0)
}

#[test]
fn each_status_has_its_meaning() {
    let retry = |ms| Next::Retry(Duration::from_millis(ms));
    for (code, expected) in [
        (200, (Next::Delivered, Effect::Works)),
        (204, (Next::Delivered, Effect::Works)),
        (299, (Next::Delivered, Effect::Works)),
        (199, (retry(5000), Effect::Fails)),
        (301, (retry(5000), Effect::Fails)),
        (308, (retry(5000), Effect::Fails)),
        (400, (retry(5000), Effect::Fails)),
        (410, (Next::Dead, Effect::Gone)),
        (429, (retry(60_000), Effect::Fails)),
        (500, (retry(5000), Effect::Fails)),
        (503, (retry(60_000), Effect::Fails)),
    ] {
        assert_eq!(classified(&status(code), 1, false), expected, "{code}");
    }
    for failure in Failure::ALL {
        let is_ours = matches!(failure, Failure::RenderFailed | Failure::ProxyFailed);
        let effect = if is_ours { Effect::None } else { Effect::Fails };
        assert_eq!(
            classified(&AttemptResponse::without_response(failure, Duration::from_millis(1)), 1, false),
            (retry(5000), effect),
            "{failure}"
        );
        assert_eq!(Failure::from_name(failure.as_str()), Some(failure));
    }
    assert_eq!(Failure::from_name("other"), None);
}

#[test]
fn a_status_counts_even_if_the_rest_of_the_answer_is_lost() {
    let lost = AttemptResponse { failure: Some(Failure::ConnectionLost), ..status(200) };
    assert_eq!(classified(&lost, 1, false), (Next::Delivered, Effect::Works));
}

#[test]
fn the_last_attempt_leaves_a_dead_delivery() {
    assert_eq!(classified(&status(500), 9, false), (Next::Retry(Duration::from_secs(86_400)), Effect::Fails));
    assert_eq!(classified(&status(500), 10, false), (Next::Dead, Effect::Fails));
}

#[test]
fn what_somebody_asked_for_is_one_attempt_and_says_nothing_of_the_endpoint() {
    assert_eq!(classified(&status(200), 1, true), (Next::Delivered, Effect::None));
    assert_eq!(classified(&status(500), 1, true), (Next::Dead, Effect::None));
    assert_eq!(classified(&status(410), 1, true), (Next::Dead, Effect::None));
}
