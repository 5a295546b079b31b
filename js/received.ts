import { eventKey } from "./core.ts";
import type { CoreDelivery } from "./core_bg.js";
import { KINDS } from "./kinds.ts";
import type { Loss, Received, Standing, Verified, WebhookEvent } from "./types.ts";

/** A class for its accessors: each key costs a hash of the body, so it is made when somebody asks. */
export class VerifiedDelivery implements Verified {
  readonly keyId: string;
  readonly timestamp: number;
  readonly raw: Uint8Array;
  readonly #replayKey: () => string;

  constructor(keyId: string, timestamp: number, raw: Uint8Array, replayKey: () => string) {
    this.keyId = keyId;
    this.timestamp = timestamp;
    this.raw = raw;
    this.#replayKey = replayKey;
  }

  get replayKey(): string {
    return this.#replayKey();
  }
}

export class ReceivedDelivery extends VerifiedDelivery implements Received {
  readonly event: WebhookEvent;
  readonly kind: string | null;
  readonly receivedVersion: string | null;
  readonly deliveredVersion: string | null;
  readonly standing: Standing;
  readonly applied: readonly string[];
  readonly losses: readonly Loss[];

  constructor(found: CoreDelivery, raw: Uint8Array, replayKey: () => string) {
    super(found.keyId, found.timestamp, raw, replayKey);
    const { kind = null, id = null, time, data } = found;
    this.event = { known: KINDS.has(kind), kind, id, time, data } as WebhookEvent;
    this.kind = kind;
    this.receivedVersion = found.receivedVersion ?? null;
    this.deliveredVersion = found.deliveredVersion ?? null;
    this.standing = found.standing;
    this.applied = found.applied;
    this.losses = found.losses;
  }

  get eventKey(): string {
    return eventKey(this.event.id, this.raw);
  }
}
