//! Which ready deliveries a claim takes: the limits of tenants and endpoints, the shares of an endpoint's lanes, the turns
//! of tenants and endpoints. Pure.
//!
//! The same rules stand in SQL in `postgres/schema_2.sql`; one suite tests both.

use alloc::vec::Vec;
use core::num::NonZeroU32;

use crate::send::retention::TenantSettings;
use crate::send::settings::EndpointSettings;
use crate::send::store::contract::Capacity;
use crate::send::store::observed::{BREAKER_TIMEOUTS, SLOW_MS};

/// An endpoint's row of the table `status`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Status {
    pub in_flight: i64,
    pub concurrency: i64,
    pub latency_ms: Option<i64>,
    pub timeouts: u32,
    pub open_until: i64,
    pub next_slot_us: i64,
}

/// What may go out to an endpoint now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Room {
    /// The number of deliveries that may go out.
    pub free: usize,
    /// Whether only manual deliveries may go out.
    pub is_manual_only: bool,
    /// Whether the endpoint is slow, or was not attempted yet.
    pub is_slow: bool,
    /// The next slot of the rate limit, and the interval between two slots, in microseconds.
    pub rate: Option<(i64, i64)>,
}

/// What may go out to all endpoints of a tenant together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TenantRoom {
    /// The number of deliveries that may go out.
    pub free: usize,
    /// As in [`Room`].
    pub rate: Option<(i64, i64)>,
}

/// A ready delivery that may be claimed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    /// The index of the tenant.
    pub tenant: usize,
    /// The index of the endpoint.
    pub endpoint: usize,
    /// The candidate's place among those of its endpoint.
    pub place: usize,
    pub number: i64,
    pub event: i64,
    pub size: usize,
    pub attempts: u32,
    pub attempts_before: u32,
    pub lane: u8,
}

impl Status {
    pub(super) fn room(&self, settings: &EndpointSettings, is_enabled: bool, now_ms: i64) -> Room {
        let is_tripped = self.timeouts >= BREAKER_TIMEOUTS;
        let free = if is_tripped {
            i64::from(self.in_flight == 0)
        } else {
            i64::from(settings.max_in_flight).min(self.concurrency).saturating_sub(self.in_flight)
        };
        let (allowed, rate) = rated(settings.rate_per_second, self.next_slot_us, now_ms);
        Room {
            free: usize::try_from(free.min(allowed)).unwrap_or(0),
            is_manual_only: !is_enabled || (is_tripped && self.open_until > now_ms),
            is_slow: self.latency_ms.unwrap_or(SLOW_MS) >= SLOW_MS,
            rate,
        }
    }
}

impl TenantRoom {
    pub(super) fn new(settings: &TenantSettings, in_flight: i64, next_slot_us: i64, now_ms: i64) -> Self {
        let (allowed, rate) = rated(settings.rate_per_second, next_slot_us, now_ms);
        let left = settings.max_in_flight.map_or(i64::MAX, |most| i64::from(most.get()).saturating_sub(in_flight));
        Self { free: usize::try_from(allowed.min(left)).unwrap_or(0), rate }
    }
}

/// How many deliveries a rate lets through, with its next slot and the interval between slots in microseconds.
fn rated(rate: Option<NonZeroU32>, next_slot_us: i64, now_ms: i64) -> (i64, Option<(i64, i64)>) {
    let Some(rate) = rate else { return (i64::MAX, None) };
    let (rate, now_us) = (i64::from(rate.get()), now_ms.saturating_mul(1000));
    let interval = 1_000_000_i64.checked_div(rate).unwrap_or(1).max(1);
    // A burst of what 50 milliseconds allow, so that a worker that looks less often still keeps the rate.
    let burst = (rate / 20).max(1).saturating_sub(1).saturating_mul(interval);
    let slot = next_slot_us.max(now_us.saturating_sub(burst));
    let since = now_us.saturating_sub(slot);
    let allowed = if since < 0 { 0 } else { since.checked_div(interval).unwrap_or(0).saturating_add(1) };
    (allowed, Some((slot, interval)))
}

/// Orders an endpoint's candidates from three lanes: of five, three are first attempts, one is a retry, and one is
/// manual. The other lanes take what one leaves. `turn` lets each lane with a share of one lead now and then.
pub(super) fn interleave(lanes: [Vec<Candidate>; 3], turn: usize, room: usize) -> Vec<Candidate> {
    // In twelfths, so that no fraction is needed.
    let [first, retry, manual] = [0, turn % 4, turn.wrapping_add(2) % 4];
    let rank = |lane: &Candidate, place: usize| match lane.lane {
        0 => place.saturating_mul(4).saturating_sub(first),
        1 => place.saturating_mul(12).saturating_sub(retry.saturating_mul(3)),
        _ => place.saturating_mul(12).saturating_sub(manual.saturating_mul(3)),
    };
    let mut ranked: Vec<(usize, Candidate)> = lanes
        .into_iter()
        .flat_map(|lane| lane.into_iter().zip(1..).map(|(candidate, place)| (rank(&candidate, place), candidate)))
        .collect();
    ranked.sort_by_key(|(rank, candidate)| (*rank, candidate.lane));
    let placed = ranked.into_iter().zip(1..).map(|((_, candidate), place)| Candidate { place, ..candidate });
    placed.take(room).collect()
}

/// Chooses candidates in rounds, one of each tenant in a round, within the worker's capacity. A tenant's turns go round
/// among its endpoints.
pub(super) fn choose(
    mut candidates: Vec<Candidate>,
    rooms: &[Room],
    tenants: &[TenantRoom],
    capacity: Capacity,
) -> Vec<Candidate> {
    candidates.sort_by_key(|candidate| candidate.place);
    let mut turns = alloc::vec![0_usize; tenants.len()];
    let mut rounds: Vec<(usize, Candidate)> = candidates
        .into_iter()
        .filter_map(|candidate| {
            let turn = turns.get_mut(candidate.tenant)?;
            *turn = turn.saturating_add(1);
            Some((*turn, candidate))
        })
        .collect();
    rounds.sort_by_key(|(turn, _)| *turn);
    let mut left: Vec<usize> = tenants.iter().map(|tenant| tenant.free).collect();
    let (mut bytes, mut slow) = (0_usize, 0_usize);
    let mut chosen = Vec::new();
    for (_, candidate) in rounds {
        let is_slow = rooms.get(candidate.endpoint).is_some_and(|room| room.is_slow);
        let Some(left) = left.get_mut(candidate.tenant).filter(|left| **left > 0) else { continue };
        if is_slow && slow >= capacity.slow {
            continue;
        }
        bytes = bytes.saturating_add(candidate.size);
        if chosen.len() >= capacity.deliveries || bytes > capacity.bytes {
            break;
        }
        slow = slow.saturating_add(usize::from(is_slow));
        *left = left.saturating_sub(1);
        chosen.push(candidate);
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: Status =
        Status { in_flight: 0, concurrency: 64, latency_ms: Some(5), timeouts: 0, open_until: 0, next_slot_us: 0 };

    fn settings() -> EndpointSettings {
        EndpointSettings::new("https://example.com/", "correct horse battery staple")
    }

    fn free(status: Status, settings: &EndpointSettings, now_ms: i64) -> usize {
        status.room(settings, true, now_ms).free
    }

    #[test]
    fn limits_and_the_breaker_bound_what_goes_out() {
        let settings = settings().max_in_flight(8);
        assert_eq!(free(STATUS, &settings, 0), 8);
        assert_eq!(free(Status { in_flight: 5, ..STATUS }, &settings, 0), 3);
        assert_eq!(free(Status { in_flight: 9, ..STATUS }, &settings, 0), 0);
        assert_eq!(free(Status { concurrency: 2, ..STATUS }, &settings, 0), 2);
        let tripped = Status { timeouts: 5, open_until: 100, ..STATUS };
        assert_eq!(free(tripped, &settings, 0), 1);
        assert!(tripped.room(&settings, true, 99).is_manual_only, "open");
        assert!(!tripped.room(&settings, true, 100).is_manual_only, "a probe goes out");
        assert_eq!(free(Status { in_flight: 1, ..tripped }, &settings, 100), 0, "one at a time");
        assert!(STATUS.room(&settings, false, 0).is_manual_only, "disabled");
        assert!(Status { latency_ms: None, ..STATUS }.room(&settings, true, 0).is_slow, "not attempted yet");
    }

    #[test]
    fn a_rate_lets_through_what_50_milliseconds_allow() {
        let at = 1_000_000;
        let settings = |rate: u32| settings().max_in_flight(1000).rate_per_second(rate.try_into().unwrap());
        let status = |next_slot_us| Status { concurrency: 1000, next_slot_us, ..STATUS };
        assert_eq!(free(status(0), &settings(1), at), 1);
        assert_eq!(free(status(at * 1000), &settings(1), at), 1);
        assert_eq!(free(status(at * 1000 + 1), &settings(1), at), 0);
        assert_eq!(free(status(0), &settings(1000), at), 50);
        assert_eq!(free(status(at * 1000 - 10_000), &settings(1000), at), 11);
        assert_eq!(free(status(0), &settings(u32::MAX), at), 1000, "more than one in a microsecond is no limit");
    }

    #[test]
    fn tenants_take_turns_before_endpoints_and_keep_to_their_limits() {
        let room = Room { free: 10, is_manual_only: false, is_slow: false, rate: None };
        let unlimited = TenantRoom { free: usize::MAX, rate: None };
        // Tenant 0 has endpoints 0, 1 and 2 with four candidates each, tenant 1 has endpoint 3 with four.
        let candidate = |tenant, endpoint, place| {
            let number = i64::try_from(endpoint * 10 + place).unwrap();
            Candidate { tenant, endpoint, place, number, event: 0, size: 1, attempts: 0, attempts_before: 0, lane: 0 }
        };
        let candidates: Vec<Candidate> = [(0, 0), (0, 1), (0, 2), (1, 3)]
            .into_iter()
            .flat_map(|(tenant, endpoint)| (1..=4).map(move |place| candidate(tenant, endpoint, place)))
            .collect();
        let chosen = |tenants: [TenantRoom; 2], deliveries| {
            let capacity = Capacity { deliveries, slow: 9, bytes: 99 };
            let chosen = choose(candidates.clone(), &[room; 4], &tenants, capacity);
            chosen.iter().map(|candidate| candidate.number).collect::<Vec<_>>()
        };
        assert_eq!(chosen([unlimited; 2], 8), [1, 31, 11, 32, 21, 33, 2, 34]);
        assert_eq!(chosen([TenantRoom { free: 1, rate: None }, unlimited], 8), [1, 31, 32, 33, 34]);
        assert_eq!(chosen([unlimited, TenantRoom { free: 0, rate: None }], 3), [1, 11, 21]);
        let settings = TenantSettings::default().max_in_flight(5.try_into().unwrap());
        assert_eq!(TenantRoom::new(&settings, 3, 0, 0).free, 2);
        assert_eq!(TenantRoom::new(&settings.rate_per_second(1.try_into().unwrap()), 3, 0, 1_000_000).free, 1);
    }
}
