import { bodyBytes } from "./bytes.ts";
import { CoreHandle, refuseLarge, refuseParsed } from "./core.ts";
import type { CoreDelivery } from "./core_bg.js";
import { headerLines } from "./headers.ts";
import { KINDS } from "./kinds.ts";
import type { Delivery, JsonDocument, Received, ReceiverOptions, WebhookEvent } from "./types.ts";

const MAX_BODY_BYTES = 1024 * 1024;

/** Verifies deliveries and hands out their events. Holds no state between deliveries. */
export interface Receiver {
  /**
   * Verifies one delivery and hands out its event in the wanted shape.
   * @throws WebhookError with a stable `code` when the delivery is refused
   */
  receive(delivery: Delivery): Received;
}

/**
 * Makes a receiver.
 * @throws WebhookError of fault `config` when a secret or another setting cannot be used
 */
export function createReceiver(options: ReceiverOptions): Receiver {
  const { secret, keys, profile, registry, maxBodyBytes = MAX_BODY_BYTES, clock = Date.now, ...rest } = options;
  const settings = {
    ...rest,
    keys: keys ?? [{ secret }],
    profile: parsed(profile),
    registry: parsed(registry),
    maxBodyBytes,
  };
  const core = new CoreHandle(JSON.stringify(settings));
  return {
    receive({ headers, body }) {
      const bytes = bodyBytes(body);
      if (!(bytes instanceof Uint8Array)) return refuseParsed(bytes.found);
      if (bytes.length > maxBodyBytes) return refuseLarge(bytes.length, maxBodyBytes);
      return received(core.receive(headerLines(headers, core.headerNames), bytes, clock()), bytes);
    },
  };
}

function parsed(document: JsonDocument | undefined): unknown {
  return typeof document === "string" ? JSON.parse(document) : document;
}

function received(delivery: CoreDelivery, raw: Uint8Array): Received {
  const kind = delivery.kind ?? null;
  const event = {
    known: KINDS.has(kind),
    kind,
    id: delivery.id ?? null,
    time: delivery.time === undefined ? null : JSON.parse(delivery.time),
    data: JSON.parse(delivery.data),
  };
  return {
    event: event as WebhookEvent,
    kind,
    receivedVersion: delivery.receivedVersion ?? null,
    deliveredVersion: delivery.deliveredVersion ?? null,
    standing: delivery.standing,
    applied: delivery.applied,
    losses: delivery.losses,
    keyId: delivery.keyId,
    timestamp: delivery.timestamp,
    replayKey: delivery.replayKey,
    eventKey: delivery.eventKey,
    raw,
  };
}
