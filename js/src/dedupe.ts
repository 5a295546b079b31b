import { optionsInvalid, webhookError, type WebhookError } from "./errors.ts";
import type { ReplayOptions } from "./replay.ts";
import type { Received, ReceiverOptions } from "./types.ts";

const TOLERANCE_SECONDS = 300;
const EVENT_TTL_SECONDS = 86_400;
/** Lifetime of a reservation: if its process dies, a retry can be handled after this time, not only after a day. */
const LEASE_SECONDS = 600;
const REFUSALS = { done: "delivery_replayed", pending: "delivery_pending", full: "replay_store_full" } as const;

/** Runs the handler unless this delivery was already handled. */
export type Dedupe = <Result>(received: Received, act: () => Promise<Result>) => Promise<Result>;

/**
 * Returns a function that handles each delivery once, using the store in the options.
 * @throws WebhookError `options_invalid`
 */
export function dedupe(replay: ReplayOptions, tolerance: ReceiverOptions["tolerance"]): Dedupe {
  const { store, by = "delivery", scope } = replay;
  const ttl = ttlMs(replay, tolerance);
  const lease = Math.min(ttl, LEASE_SECONDS * 1000);
  return async (received, act) => {
    const own = by === "event" ? received.eventKey : received.replayKey;
    const key = scope === undefined ? own : `${scope}:${own}`;
    // A handler that outlives its reservation must not release that of the attempt after it.
    const token = crypto.randomUUID();
    const reservation = await store.reserve(key, lease, token);
    if (reservation !== "yours") {
      // A store that passes on the raw reply of Redis, `OK` or null, does not return a valid `Reservation`.
      if (!Object.hasOwn(REFUSALS, reservation))
        throw optionsInvalid("expected `yours`, `pending`, `done` or `full` from `reserve`", "/replay/store");
      throw webhookError(REFUSALS[reservation]);
    }
    let result: Awaited<ReturnType<typeof act>>;
    try {
      result = await act();
    } catch (thrown) {
      try {
        await store.release(key, token);
      } catch (failed) {
        throw new AggregateError([thrown, failed], "the handler failed, and the delivery could not be given back");
      }
      throw thrown;
    }
    await store.commit(key, ttl);
    return result;
  };
}

/**
 * How long a key is remembered: never shorter than a replay could pass the tolerance, or the protection would end
 * before the danger.
 */
function ttlMs({ store, by = "delivery", scope, ttlSeconds }: ReplayOptions, tolerance: ReceiverOptions["tolerance"]): number {
  const { pastSeconds = TOLERANCE_SECONDS, futureSeconds = TOLERANCE_SECONDS } = tolerance ?? {};
  const invalid = (problem: string, at: string): WebhookError => optionsInvalid(problem, `/replay${at}`);
  for (const name of ["reserve", "commit", "release"] as const) {
    if (typeof store?.[name] !== "function") throw invalid(`expected a store with \`${name}\``, "/store");
  }
  if (by !== "delivery" && by !== "event") throw invalid("expected one of `delivery`, `event`", "/by");
  // An unset variable must not put two webhooks into one scope.
  if (scope !== undefined && (typeof scope !== "string" || scope === "")) throw invalid("expected some text", "/scope");
  const isBounded = typeof pastSeconds === "number" && typeof futureSeconds === "number";
  const least = isBounded ? pastSeconds + futureSeconds : 0;
  if (ttlSeconds === undefined) {
    if (!isBounded) throw invalid("`ttlSeconds` is missing, for an unlimited tolerance,", "");
    // Both bounds of the tolerance are inclusive, so a replay can still pass in the last millisecond: keep the key for it.
    return (by === "event" ? Math.max(EVENT_TTL_SECONDS, least) : least) * 1000 + 1;
  }
  if (!(Number.isFinite(ttlSeconds) && ttlSeconds > 0 && ttlSeconds >= least)) {
    throw invalid(`expected at least ${least} seconds, as long as a replay could pass the tolerance,`, "/ttlSeconds");
  }
  return ttlSeconds * 1000;
}
