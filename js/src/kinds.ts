import type { KnownKind } from "./types.ts";

const known: Record<KnownKind, true> = {
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

/** The kinds that this release of the SDK knows; the compiler keeps them equal to the types. */
export const KINDS: ReadonlySet<string | null> = new Set(Object.keys(known));
