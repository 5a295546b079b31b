import { createReceiver } from "../receiver.ts";
import type { EventData, JsonDocument, KnownEventType } from "../types.ts";
import { sign } from "./sign.ts";

/** The id of a sample event that is not given another. */
export const SAMPLE_EVENT_ID = "evt-sample-1";

/** What a sample is to be like. */
export interface Sample {
  /** The event's id. Default: `SAMPLE_EVENT_ID`. */
  readonly id?: string;
  /** The version in whose shape the data is wanted, for example `8.0.3`. Default: that of the newest known change. */
  readonly version?: string;
  /** What is known of payload versions; see docs/VERSIONS.md. */
  readonly registry?: JsonDocument;
  /** Members to put over those of the sample; all of them for an event type without one. */
  readonly data?: Readonly<Record<string, unknown>>;
}

const activity = { id: "5f3c0e1a9d2b4c6e8f001122", uuid: "user-1", attrs: { type: "behaviour", verb: "read" } };
const notification = { id: "5f3c0e1a9d2b4c6e8f003344", awarded: { awardedType: "reward", type: "achievement" } };

/**
 * Data for each event type. Mambo's docs show that of Ping. For the others they name some members; only those are used here.
 * Values, and that these members come in webhooks, are assumed.
 */
const DATA: { readonly [Type in KnownEventType]: EventData[Type] } = {
  Ping: { message: "ping" },
  ActivityCreated: activity,
  ActivityBehavioursAdded: activity,
  ActivityAwardedAdded: activity,
  ActivityExpiredPointsDebited: { ...activity, attrs: { type: "point" } },
  ActivityRejected: activity,
  NotificationCreated: notification,
  NotificationRead: notification,
  PointWalletUpdated: {},
};

const SECRET = "signs samples to itself, no more";
const NOW = 1_700_000_000_000;

/**
 * The body of an event as text: the assumed envelope around sample data in the shape of a version. The data goes through
 * the registry's changes, so it is what a webhook pinned to that version would hold. An event type that Mambo's docs do not
 * name has the members of `data` only.
 */
export function sample(type: KnownEventType | (string & {}), { id = SAMPLE_EVENT_ID, version, registry, data }: Sample = {}): string {
  const known = Object.hasOwn(DATA, type) ? DATA[type as KnownEventType] : {};
  const event = { event: type, id, timestamp: NOW, data: { ...known, ...data } };
  if (version === undefined) return JSON.stringify(event);
  // The sample data has the shape of the newest version that the registry lists.
  const document = typeof registry === "string" ? (JSON.parse(registry) as object) : registry;
  const versions =
    document !== undefined && "versions" in document && Array.isArray(document.versions) ? (document.versions as unknown[]) : [];
  const written = JSON.stringify({ ...event, version: versions.at(-1) ?? version });
  const receiver = createReceiver({
    secret: SECRET,
    clock: () => NOW,
    targetVersion: version,
    ...(registry !== undefined && { registry }),
  });
  const headers = { "x-mambo-signature": sign({ secret: SECRET, body: written, now: NOW }) };
  return JSON.stringify({ ...event, version, data: receiver.receive({ headers, body: written }).event.data });
}
