import type { KnownEventType } from "./types.ts";

const known: Record<KnownEventType, true> = {
  Ping: true,
  ActivityCreated: true,
  ActivityBehavioursAdded: true,
  ActivityAwardedAdded: true,
  ActivityExpiredPointsDebited: true,
  ActivityRejected: true,
  NotificationCreated: true,
  NotificationRead: true,
  PointWalletUpdated: true,
};

/** The event types that this release of the SDK knows; the compiler keeps them equal to the types. */
export const EVENT_TYPES: ReadonlySet<string | null> = new Set(Object.keys(known));
