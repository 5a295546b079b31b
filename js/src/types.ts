import type { ReplayOptions } from "./replay.ts";

/** Headers in any of the shapes that servers and runtimes hand over. Names match in any case. */
export type HeadersInput =
  | { get(name: string): string | null | undefined }
  | Iterable<readonly [string, string]>
  | readonly string[]
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** Body bytes exactly as received. A string counts as its UTF-8 bytes. */
export type BodyInput = string | ArrayBuffer | ArrayBufferView;

/** One delivery. */
export interface Delivery {
  /** The request's headers. */
  readonly headers: HeadersInput;
  /** The request's body, before any JSON middleware touched it. */
  readonly body: BodyInput;
}

/** A secret with a name and a time of validity. */
export interface Key {
  /** The key's name in results; not secret. Default: `default`. */
  readonly id?: string;
  /** The secret as entered in Mambo. */
  readonly secret: string;
  /** How the secret is written. Default, and assumed of Mambo: `utf8`. */
  readonly encoding?: "utf8" | "hex" | "base64";
  /** First moment of validity, in milliseconds since 1970. */
  readonly notBefore?: number;
  /** Last moment of validity, in milliseconds since 1970. */
  readonly notAfter?: number;
}

/** How far a timestamp may lie from now. Both bounds are inside. */
export interface Tolerance {
  /** Seconds before now. Default: 300. `"unlimited"` accepts replays of any age. */
  readonly pastSeconds?: number | "unlimited";
  /** Seconds after now. Default: 300. `"unlimited"` accepts any date ahead. */
  readonly futureSeconds?: number | "unlimited";
}

/** A JSON document, as text or already parsed. */
export type JsonDocument = string | object;

/** What every receiver can be set to. */
export interface CommonOptions {
  /** Take secrets under 16 bytes. Default: false. */
  readonly allowShortSecrets?: boolean;
  /** How deliveries are signed and laid out; see docs/PROTOCOL.md. Default: an assumed profile that accepts variants. */
  readonly profile?: JsonDocument;
  /** What is known of payload versions; see docs/VERSIONS.md. */
  readonly registry?: JsonDocument;
  /** How far a timestamp may lie from now. */
  readonly tolerance?: Tolerance;
  /** The version that the webhook is pinned to in Mambo, for deliveries that do not say it themselves. */
  readonly pinned?: string;
  /** The version in whose shape events come. Default: `as_received`. */
  readonly targetVersion?: "as_received" | "latest" | (string & {});
  /** Refuse payloads that do not fit a change, instead of listing a loss. Default: false, so no event is lost. */
  readonly strict?: boolean;
  /** The event type of deliveries that do not name it themselves: one endpoint for one type. */
  readonly eventType?: string;
  /** Largest body that is looked at. Default: 1048576. */
  readonly maxBodyBytes?: number;
  /** The time in milliseconds since 1970. Default: `Date.now`. */
  readonly clock?: () => number;
  /**
   * Which hash the HMAC uses: the core's, the host's `node:crypto`, or by default (`auto`) the host's for bodies from 512 bytes
   * on. The core alone decides what is signed, with which keys, and whether the signature matches.
   */
  readonly mac?: MacChoice;
  /**
   * Watches for data whose shape was not seen or declared before; see `watchDrift` of `mambo-webhooks/tools`. If it fails, the
   * delivery is received all the same. Default: nothing is watched.
   */
  readonly onDrift?: DriftObserver;
  /** Handle each delivery once; see `Receiver.process`. Default: replays within the tolerance are not told apart. */
  readonly replay?: ReplayOptions;
}

/** Watches the data of received events for shapes that are new. `watchDrift` of `mambo-webhooks/tools` makes one. */
export interface DriftObserver {
  /** Called with each event that has a type: its type, the version that its data came in, and the data as it came, as JSON text. */
  observe(type: string, version: string | null, json: string): void;
}

/** Who computes the HMAC. */
export type MacChoice = "auto" | "core" | "host";

/** Settings of a receiver: one secret, or a ring of keys. */
export type ReceiverOptions = CommonOptions &
  ({ readonly secret: string | undefined; readonly keys?: never } | { readonly keys: readonly Key[]; readonly secret?: never });

/** The data of a Ping. */
export interface Ping {
  readonly message?: string;
  readonly [member: string]: unknown;
}

/** Something that a user did. Every member may be absent: the docs name few, and webhooks may leave out any. */
export interface Activity {
  readonly id?: string;
  readonly uuid?: string;
  readonly attrs?: { readonly type?: string; readonly verb?: string; readonly [member: string]: unknown };
  /** @deprecated since Mambo 9.0.1. */
  readonly points?: unknown;
  readonly [member: string]: unknown;
}

/** Something that a user is told. Every member may be absent. */
export interface Notification {
  readonly id?: string;
  readonly awarded?: unknown;
  readonly [member: string]: unknown;
}

/** The points that a user holds. No member name is public. */
export interface PointWallet {
  readonly [member: string]: unknown;
}

/** The data of each event type that Mambo's docs name. */
export interface EventData {
  Ping: Ping;
  ActivityCreated: Activity;
  ActivityBehavioursAdded: Activity;
  ActivityAwardedAdded: Activity;
  ActivityExpiredPointsDebited: Activity;
  ActivityRejected: Activity;
  NotificationCreated: Notification;
  NotificationRead: Notification;
  PointWalletUpdated: PointWallet;
}

/** An event type that this release of the SDK knows. Spelled out, so that the compiler can name the nearest one. */
export type KnownEventType =
  | "Ping"
  | "ActivityCreated"
  | "ActivityBehavioursAdded"
  | "ActivityAwardedAdded"
  | "ActivityExpiredPointsDebited"
  | "ActivityRejected"
  | "NotificationCreated"
  | "NotificationRead"
  | "PointWalletUpdated";

interface EventParts {
  /** The event's id, where the envelope names one. */
  readonly id: string | null;
  /** The time of the event, as the envelope gives it. */
  readonly time: unknown;
}

/** An event of a type that this release of the SDK knows. */
export type KnownEvent = {
  [Type in KnownEventType]: EventParts & {
    readonly known: true;
    readonly type: Type;
    readonly data: EventData[Type];
  };
}[KnownEventType];

/** Declared as an enum, so that the compiler never takes it for a known event type's name. At run time it is a string. */
declare enum UnknownEventTypes {
  Any = "any text but the name of a known event type",
}

/** The name of an event type that this release does not know: a string. `event.type === "Ping"` alone narrows the type of `data`. */
export type UnknownEventType = UnknownEventTypes;

/** An event of another type: new ones may come at any time. */
export interface UnknownEvent extends EventParts {
  readonly known: false;
  /** The event type, where the delivery or the receiver's settings name one. */
  readonly type: UnknownEventType | null;
  readonly data: unknown;
}

/** What happened. */
export type WebhookEvent = KnownEvent | UnknownEvent;

/**
 * How the version that the data came in compares with those that the registry lists: `newer` data may hold changes that are
 * not known yet, `older` data may need changes from before the registry begins.
 */
export type VersionStatus = "unknown" | "listed" | "between" | "newer" | "older";

/** Something that the target version could not hold. */
export interface Loss {
  /** Id of the change. */
  readonly change: string;
  /** JSON pointer into the data as it was before the change was applied. */
  readonly at: string;
  /** What kind of loss it is. */
  readonly kind:
    | "value_dropped"
    | "tail_dropped"
    | "members_dropped"
    | "value_merged"
    | "empty_object"
    | "both_present"
    | "name_taken"
    | "unfit"
    | "too_deep";
}

/** The proof that a body was signed. */
export interface Verified {
  /** Name of the key that the signature fits. */
  readonly keyId: string;
  /** When the delivery was signed, in milliseconds since 1970. */
  readonly timestamp: number;
  /** A key of this delivery: a replay has the same one, a retry has another. Computed when read. */
  readonly replayKey: string;
  /** The bytes that were signed. */
  readonly raw: Uint8Array;
}

/** An event that was verified. */
export interface Received extends Verified {
  /** What happened, with its data in the target version. */
  readonly event: WebhookEvent;
  /** The event type, where one is named. */
  readonly type: string | null;
  /** The version in whose shape the data came, where that is known. */
  readonly receivedVersion: string | null;
  /** The version in whose shape the data is now, where that is known. */
  readonly deliveredVersion: string | null;
  /** Ids of the changes that were carried out on the data. */
  readonly applied: readonly string[];
  /** What the target version could not hold. */
  readonly losses: readonly Loss[];
  /** How the version that the data came in compares with those that the registry lists. */
  readonly versionStatus: VersionStatus;
  /** The data as exact JSON text: `JSON.parse` rounds numbers beyond 2^53, and this does not. */
  readonly json: string;
  /** A key of the event, the same for each of its deliveries as far as that can be known. Computed when read. */
  readonly eventKey: string;
}
