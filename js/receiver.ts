import { bodyBytes } from "./bytes.ts";
import { CoreHandle, failure, refuseLarge, refuseParsed } from "./core.ts";
import type { CoreDelivery } from "./core_bg.js";
import { WebhookError, type Failure } from "./errors.ts";
import { headerLines } from "./headers.ts";
import { KINDS } from "./kinds.ts";
import type { ReplayOptions } from "./replay.ts";
import type { BodyInput, Delivery, JsonDocument, Received, ReceiverOptions, WebhookEvent } from "./types.ts";

const MAX_BODY_BYTES = 1024 * 1024;
const TOLERANCE_SECONDS = 300;
const EVENT_TTL_SECONDS = 86_400;

/** Verifies deliveries and hands out their events. Holds no state between deliveries. */
export interface Receiver {
  /**
   * Verifies one delivery and hands out its event in the wanted shape.
   * @throws WebhookError with a stable `code` when the delivery is refused
   */
  receive(delivery: Delivery): Received;
  /**
   * Receives one delivery and hands it to `handler`, once: a replay is refused as `delivery_replayed`, a delivery that
   * is being handled as `delivery_pending`. When the handler throws, the delivery is given back for a retry.
   * @throws WebhookError as `receive` does, and whatever the handler or the replay store throws
   */
  process<Result>(delivery: Delivery, handler: (received: Received) => Result | Promise<Result>): Promise<Result>;
  /** Explains why a delivery is refused. Accepts nothing, and shows neither secret nor body. */
  diagnose(delivery: Delivery): Diagnosis;
}

/** Why a delivery is refused. */
export interface Diagnosis {
  /** The refusal; null when there is nothing to explain. */
  readonly error: Failure | null;
  /** Each change that would explain it, most likely first; empty when none of those tried does. */
  readonly causes: readonly { readonly code: string; readonly message: string }[];
  /** How often the body, or a variation of it, was hashed. */
  readonly hashes: number;
}

/**
 * Makes a receiver.
 * @throws WebhookError of fault `config` when a secret or another setting cannot be used
 */
export function createReceiver(options: ReceiverOptions): Receiver {
  const { secret, keys, profile, registry, maxBodyBytes = MAX_BODY_BYTES, clock = Date.now, replay, ...rest } = options;
  const settings = {
    ...rest,
    keys: keys ?? [{ secret }],
    profile: parsed(profile, "profile_invalid"),
    registry: parsed(registry, "registry_invalid"),
    maxBodyBytes,
  };
  const core = new CoreHandle(JSON.stringify(settings));
  const guard = replay && { ...replay, ttlMs: ttlMs(replay, options) };
  const bounded = (body: BodyInput): Uint8Array => {
    const bytes = bodyBytes(body);
    if (!(bytes instanceof Uint8Array)) return refuseParsed(bytes.found);
    if (bytes.length > maxBodyBytes) return refuseLarge(bytes.length, maxBodyBytes);
    return bytes;
  };
  const receive = ({ headers, body }: Delivery): Received => {
    const bytes = bounded(body);
    return received(core.receive(headerLines(headers, core.headerNames), bytes, clock()), bytes);
  };
  return {
    receive,
    async process(delivery, handler) {
      const found = receive(delivery);
      if (guard === undefined) return handler(found);
      const { store, by, ttlMs } = guard;
      const key = by === "event" ? found.eventKey : found.replayKey;
      const reservation = await store.reserve(key, ttlMs);
      if (reservation !== "yours") throw failure(REFUSALS[reservation]);
      let result: Awaited<ReturnType<typeof handler>>;
      try {
        result = await handler(found);
      } catch (thrown) {
        try {
          await store.release(key);
        } catch (failed) {
          throw new AggregateError([thrown, failed], "the handler failed, and the delivery could not be given back");
        }
        throw thrown;
      }
      await store.commit(key, ttlMs);
      return result;
    },
    diagnose({ headers, body }) {
      const { error, causes, hashes } = core.diagnose(headerLines(headers, undefined, core.headerNames), bounded(body), clock());
      return { error: error ?? null, causes, hashes };
    },
  };
}

const REFUSALS = { done: "delivery_replayed", pending: "delivery_pending", full: "replay_store_full" } as const;

/**
 * How long a key is remembered: never shorter than a replay could pass the tolerance, or the protection would end
 * before the danger.
 */
function ttlMs({ store, by = "delivery", ttlSeconds }: ReplayOptions, { tolerance }: ReceiverOptions): number {
  const { pastSeconds = TOLERANCE_SECONDS, futureSeconds = TOLERANCE_SECONDS } = tolerance ?? {};
  const invalid = (problem: string, at: string): WebhookError => {
    const message = `options have 1 problems; first: ${problem} at /replay${at}`;
    return new WebhookError({ code: "options_invalid", fault: "config", message });
  };
  if (typeof store?.reserve !== "function") throw invalid("expected a store", "/store");
  if (by !== "delivery" && by !== "event") throw invalid("expected one of `delivery`, `event`", "/by");
  const isBounded = typeof pastSeconds === "number" && typeof futureSeconds === "number";
  const least = isBounded ? pastSeconds + futureSeconds : 0;
  if (ttlSeconds === undefined) {
    if (!isBounded) throw invalid("`ttlSeconds` is missing, for an unlimited tolerance,", "");
    // Both bounds of the window are inside, so the last moment of a replay is a millisecond further.
    return (by === "event" ? Math.max(EVENT_TTL_SECONDS, least) : least) * 1000 + 1;
  }
  if (!(Number.isFinite(ttlSeconds) && ttlSeconds > 0 && ttlSeconds >= least)) {
    throw invalid(`expected at least ${least} seconds, as long as a replay could pass the tolerance,`, "/ttlSeconds");
  }
  return ttlSeconds * 1000;
}

function parsed(document: JsonDocument | undefined, code: "profile_invalid" | "registry_invalid"): unknown {
  if (typeof document !== "string") return document;
  try {
    return JSON.parse(document);
  } catch {
    const [what] = code.split("_");
    throw new WebhookError({ code, fault: "config", message: `${what} has 1 problems; first: not JSON at the top` });
  }
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
