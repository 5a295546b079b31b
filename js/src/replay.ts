/** The result of a store's `reserve`. */
export type Reservation =
  /** The key is reserved for this attempt, until it commits or releases it or the time to live ends. */
  | "yours"
  /** Another attempt has reserved it. */
  | "pending"
  /** The delivery was handled before. */
  | "done"
  /** The store has no room, and forgets nothing that could still be replayed. */
  | "full";

/** Remembers which deliveries were handled. Each call must be one atomic step. */
export interface ReplayStore {
  /** Reserves a key for `ttlMs` milliseconds, unless it is reserved or handled. `token` names the attempt. */
  reserve(key: string, ttlMs: number, token: string): Reservation | Promise<Reservation>;
  /** Remembers for `ttlMs` milliseconds that a key was handled, also when the reservation has ended meanwhile. */
  commit(key: string, ttlMs: number): void | Promise<void>;
  /**
   * Ends the reservation that was made with this token, so that a retry can be handled. The reservation of another
   * attempt stays, and so does a committed key.
   */
  release(key: string, token: string): void | Promise<void>;
}

/** Settings of the store in memory. */
export interface MemoryReplayOptions {
  /** Most keys. Default: 100000. */
  readonly maxEntries?: number;
  /** The time in milliseconds since 1970. Default: `Date.now`. */
  readonly clock?: () => number;
}

/** How long a full store waits before it looks at every key again. */
const SWEEP_MS = 1000;

/**
 * A store in memory, for one process. It holds a bounded number of keys and forgets only those that are over.
 * @example
 * const receiver = createReceiver({ secret, replay: { store: memoryReplayStore() } });
 */
export function memoryReplayStore({ maxEntries = 100_000, clock = () => Date.now() }: MemoryReplayOptions = {}): ReplayStore {
  // Two maps, mostly ordered by expiry: a receiver's reservations all have one time to live, and its commits another.
  const pending = new Map<string, { ends: number; token: string }>();
  const done = new Map<string, { ends: number }>();
  let sweepFrom = -Infinity;
  const forgetOver = (entries: Map<string, { ends: number }>, now: number, isAll: boolean): void => {
    for (const [key, { ends }] of entries) {
      if (ends <= now) entries.delete(key);
      else if (!isAll) return;
    }
  };
  /** Drops all expired keys, for receivers of different settings that share the store; once a second, since it looks at every key. */
  const sweep = (now: number): void => {
    if (now < sweepFrom) return;
    sweepFrom = now + SWEEP_MS;
    for (const entries of [pending, done]) forgetOver(entries, now, true);
  };
  return {
    reserve(key, ttlMs, token) {
      const now = clock();
      for (const entries of [pending, done]) forgetOver(entries, now, false);
      const isLive = (entry: { ends: number } | undefined): boolean => entry !== undefined && entry.ends > now;
      if (isLive(done.get(key))) return "done";
      if (isLive(pending.get(key))) return "pending";
      pending.delete(key);
      if (pending.size + done.size >= maxEntries) sweep(now);
      if (pending.size + done.size >= maxEntries) return "full";
      pending.set(key, { ends: now + ttlMs, token });
      return "yours";
    },
    commit(key, ttlMs) {
      pending.delete(key);
      done.delete(key);
      done.set(key, { ends: clock() + ttlMs });
    },
    release(key, token) {
      if (pending.get(key)?.token === token) pending.delete(key);
    },
  };
}

/** How `process` and `route` handle each delivery once. `receive` and `verify` ask no store. */
export interface ReplayOptions {
  /** Where handled deliveries are remembered. */
  readonly store: ReplayStore;
  /**
   * What counts as the same. `delivery`, the default: the same signed text, so a replay, but not a retry by Mambo,
   * which signs afresh. `event`: the event's id, or else the bytes of the body, so a retry too; but two events with
   * equal bodies and no id count as one.
   */
  readonly by?: "delivery" | "event";
  /**
   * A name for the webhook, in front of every key. Needed where several webhooks share a store: two may send the same
   * event id, and the holder of one secret could otherwise mark another webhook's event as handled.
   */
  readonly scope?: string;
  /**
   * How long to remember what was handled, in seconds. Default: as long as a replay could pass the tolerance; a day for
   * events. A handler has ten minutes: if it takes longer or its process dies, a retry may run it again.
   */
  readonly ttlSeconds?: number;
}
