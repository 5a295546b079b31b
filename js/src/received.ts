import * as glue from "./core_bg.js";
import type { Proof, ReceivedByCore } from "./core_bg.js";
import { EVENT_TYPES } from "./event-types.ts";
import { callCore } from "./loader.ts";
import type { Slot } from "./slot.ts";
import type { Loss, Received, VersionStatus, Verified, WebhookEvent } from "./types.ts";

/** The core has checked that the body is UTF-8. A byte order mark stands in front of the data, and is no part of it. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A delivery whose signature holds. A class for its accessors: each key costs a hash of the body. */
export class VerifiedDelivery implements Verified {
  readonly keyId: string;
  readonly timestamp: number;
  readonly raw: Uint8Array;
  readonly #slot: Slot;
  readonly #headers: string;

  constructor(proof: Proof, raw: Uint8Array, slot: Slot, headers: string) {
    this.keyId = proof.keyId;
    this.timestamp = proof.timestamp;
    this.raw = raw;
    this.#slot = slot;
    this.#headers = headers;
  }

  get replayKey(): string {
    return callCore(() => glue.replay_key(this.#slot.number, this.#headers, this.raw));
  }
}

/** The data as it came, as JSON text. */
export function receivedJson({ range }: ReceivedByCore, raw: Uint8Array): string {
  return decoder.decode(raw.subarray(...range));
}

/** A verified delivery with its event. */
export class ReceivedDelivery extends VerifiedDelivery implements Received {
  readonly event: WebhookEvent;
  readonly type: string | null;
  readonly receivedVersion: string | null;
  readonly deliveredVersion: string | null;
  readonly versionStatus: VersionStatus;
  readonly applied: readonly string[];
  readonly losses: readonly Loss[];
  readonly #json: string;

  constructor(found: ReceivedByCore, raw: Uint8Array, slot: Slot, headers: string) {
    super(found, raw, slot, headers);
    const { type = null, id = null, time } = found;
    this.#json = found.data ?? receivedJson(found, raw);
    const data: unknown = JSON.parse(this.#json);
    this.event = { known: EVENT_TYPES.has(type), type, id, time: time === undefined ? null : JSON.parse(time), data } as WebhookEvent;
    this.type = type;
    this.receivedVersion = found.receivedVersion ?? null;
    this.deliveredVersion = found.deliveredVersion ?? null;
    this.versionStatus = found.versionStatus;
    this.applied = found.applied ?? [];
    this.losses = found.losses ?? [];
  }

  get json(): string {
    return this.#json;
  }

  get eventKey(): string {
    return callCore(() => glue.event_key(this.event.id ?? undefined, this.raw));
  }
}
