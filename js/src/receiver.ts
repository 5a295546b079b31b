import { bodyBytes } from "./body.ts";
import * as glue from "./core_bg.js";
import type { ReceivedByCore } from "./core_bg.js";
import { dedupe, type Dedupe } from "./dedupe.ts";
import { WebhookError, optionsInvalid, webhookError, type ErrorCode, type Failure } from "./errors.ts";
import { Handlers, type EventOf, type Handler } from "./handlers.ts";
import { headerLines } from "./headers.ts";
import { hostHash, type HostHash } from "./host-hash.ts";
import { MAX_BODY_BYTES } from "./limits.ts";
import { callCore } from "./loader.ts";
import { ReceivedDelivery, VerifiedDelivery, receivedJson } from "./received.ts";
import { Slot } from "./slot.ts";
import type {
  Delivery,
  DriftObserver,
  JsonDocument,
  KnownEventType,
  MacChoice,
  Received,
  ReceiverOptions,
  UnknownEvent,
  Verified,
  WebhookEvent,
} from "./types.ts";

/** Verifies deliveries and returns their events, or passes them to the handlers that were added to it. */
export interface Receiver {
  /** Largest body that it looks at, in bytes. */
  readonly maxBodyBytes: number;
  /**
   * Verifies one delivery and returns its event in the target version. Calls no handler.
   * @example
   * const { event } = receiver.receive({ headers: request.headers, body: await request.arrayBuffer() });
   * if (event.type === "ActivityCreated") console.log(event.data.uuid);
   * @throws WebhookError with a stable `code` when the delivery is refused
   */
  receive(delivery: Delivery): Received;
  /**
   * Verifies one delivery without parsing its body, for a service that queues deliveries. The queue's consumer calls
   * `receive` with the same headers and body, and an unlimited tolerance: the signature is verified there again.
   * @throws WebhookError with a stable `code` when the delivery is refused
   */
  verify(delivery: Delivery): Verified;
  /**
   * Receives one delivery and hands it to `handler`, once where there is a replay store: a replay is then refused as
   * `delivery_replayed`, a delivery that is being handled as `delivery_pending`. When the handler throws, the delivery
   * is given back for a retry.
   * @example
   * await receiver.process({ headers, body }, async ({ event, eventKey }) => store(eventKey, event));
   * @throws WebhookError as `receive` does, and what the handler or the replay store throws
   */
  process<Result>(delivery: Delivery, handler: (received: Received) => Result | Promise<Result>): Promise<Result>;
  /**
   * Adds a handler for events of one type. Several for one type all run. A type that the receiver's registry declares is
   * taken too; its name needs a cast, so that the compiler finds other names misspelt.
   * @throws WebhookError `event_type_unknown` for an event type that neither this release nor the registry knows
   */
  on<Type extends KnownEventType>(type: Type, handler: Handler<EventOf<Type>>): Receiver;
  /** Adds a handler for every event. */
  onAny(handler: Handler<WebhookEvent>): Receiver;
  /** Adds a handler for events of a type that this release of the SDK does not know. */
  onUnknown(handler: Handler<UnknownEvent>): Receiver;
  /**
   * Processes one delivery with the handlers that were added; an event without a handler is passed over.
   * @throws WebhookError when the delivery is refused, `handlers_missing` when there is no handler at all; what a
   *   handler threw, as an AggregateError if several did, as the cause of an Error if it was a WebhookError. All
   *   handlers run in any case.
   * @param context passed to the handlers; the adapters pass the arguments that the framework called them with
   */
  route(delivery: Delivery, context?: readonly unknown[]): Promise<Received>;
  /**
   * Explains why a delivery is refused. Accepts nothing, throws nothing, and shows neither secret nor body.
   * @example
   * for (const { message } of receiver.diagnose({ headers, body }).causes) console.log(message);
   */
  diagnose(delivery: Delivery): Diagnosis;
}

/** Why a delivery is refused. */
export interface Diagnosis {
  /** The refusal; null when there is nothing to explain. */
  readonly error: Failure | null;
  /** Each change that would explain the refusal, most likely first; empty when no change tried explains it. */
  readonly causes: readonly { readonly code: string; readonly message: string }[];
  /** How often the body, or a variation of it, was hashed. */
  readonly hashes: number;
}

const MACS: readonly unknown[] = ["auto", "core", "host"] satisfies MacChoice[];
/** Smallest body, in bytes, that the host hashes. From 512 on it is faster than the core: docs/PERFORMANCE.md. */
const HOST_FROM_BYTES = { auto: 512, core: Infinity, host: 0 };

/** Causes that `diagnose` reports for refusals that never reach the core. */
const CAUSES: Partial<Record<ErrorCode, Diagnosis["causes"]>> = {
  body_parsed: [
    {
      code: "body_parsed",
      message: "a parser ran first: pass the bytes, as `express.raw()`, `request.rawBody` or `await request.bytes()` have them",
    },
  ],
};

/**
 * Makes a receiver.
 * @example
 * const receiver = createReceiver({ secret: process.env.MAMBO_SECRET }).on("Ping", ({ data }) => console.log(data.message));
 * @throws WebhookError of fault `config` when a secret or another setting cannot be used
 */
export function createReceiver(options: ReceiverOptions): Receiver {
  if (typeof options !== "object" || options === null) throw optionsInvalid("expected an object", "the top");
  if (options.secret !== undefined && options.keys !== undefined) throw optionsInvalid("expected either `secret` or `keys`", "the top");
  const { secret, keys, profile, registry, clock = () => Date.now(), replay, mac = "auto", onDrift, ...rest } = options;
  if (onDrift !== undefined && typeof onDrift?.observe !== "function")
    throw optionsInvalid("expected what `watchDrift` returns", "/onDrift");
  if (!MACS.includes(mac)) throw optionsInvalid("expected one of `auto`, `core`, `host`", "/mac");
  if (mac === "host" && hostHash() === undefined) throw optionsInvalid("this runtime has no hash that answers at once", "/mac");
  for (const [name, value] of Object.entries(rest)) {
    // JSON leaves functions out, so the core would not see it.
    if (typeof value === "function") throw optionsInvalid(`\`${name}\` is not known here`, "the top");
  }
  const registryDocument = parsed(registry, "registry_invalid");
  const slot = new Slot({
    ...rest,
    // An unset environment variable counts as an empty secret, so that the error is `secret_empty`.
    keys: keys ?? [{ secret: secret ?? "" }],
    profile: parsed(profile, "profile_invalid"),
    registry: registryDocument,
  });
  const headerNames = callCore(() => glue.header_names(slot.number));
  const runOnce: Dedupe = replay === undefined ? (_received, act) => act() : dedupe(replay, options.tolerance);
  const { events = {} } = (registryDocument ?? {}) as { events?: object };
  const handlers = new Handlers(new Set(Object.keys(events)));
  const hashFor = (body: Uint8Array): HostHash | undefined => (body.length < HOST_FROM_BYTES[mac] ? undefined : hostHash());
  const maxBodyBytes = options.maxBodyBytes ?? MAX_BODY_BYTES;
  /** Returns the time, or NaN, which the core refuses, if the clock returned no number. */
  const time = (): number => {
    const now: unknown = clock();
    return typeof now === "number" ? now : Number.NaN;
  };
  const receiver: Receiver = {
    maxBodyBytes,
    receive(delivery) {
      const { headers, body } = parts(delivery);
      const lines = headerLines(headers, headerNames);
      const raw = bodyBytes(body, maxBodyBytes);
      const now = time();
      const found = callCore(() => glue.receive(slot.number, lines, raw, now, hashFor(raw)));
      if (onDrift !== undefined) observe(onDrift, found, raw);
      return new ReceivedDelivery(found, raw, slot, lines);
    },
    verify(delivery) {
      const { headers, body } = parts(delivery);
      const lines = headerLines(headers, headerNames);
      const raw = bodyBytes(body, maxBodyBytes);
      const now = time();
      return new VerifiedDelivery(
        callCore(() => glue.verify(slot.number, lines, raw, now, hashFor(raw))),
        raw,
        slot,
        lines,
      );
    },
    async process(delivery, handler) {
      const found = receiver.receive(delivery);
      return runOnce(found, async () => handler(found));
    },
    on(type: string, handler: Handler<never>) {
      handlers.addFor(type, handler);
      return receiver;
    },
    onAny(handler) {
      handlers.add(() => true, handler);
      return receiver;
    },
    onUnknown(handler) {
      handlers.add((event) => !event.known, handler);
      return receiver;
    },
    route(delivery, context = []) {
      return receiver.process(delivery, async (found) => {
        handlers.check();
        await handlers.run(found, context);
        return found;
      });
    },
    diagnose(delivery) {
      try {
        const { headers, body } = parts(delivery);
        const lines = headerLines(headers, undefined, headerNames);
        // A body over the limit is looked at too, to see whether only the limit refuses it.
        const raw = bodyBytes(body);
        const now = time();
        return callCore(() => glue.diagnose(slot.number, lines, raw, now));
      } catch (thrown) {
        if (!WebhookError.is(thrown)) throw thrown;
        return { error: thrown.toJSON(), causes: CAUSES[thrown.code] ?? [], hashes: 0 };
      }
    },
  };
  return receiver;
}

/** Hands the data to the watch. A watch that fails must not keep the event from its handlers. */
function observe(onDrift: DriftObserver, found: ReceivedByCore, raw: Uint8Array): void {
  if (found.type === undefined) return;
  try {
    onDrift.observe(found.type, found.receivedVersion ?? null, receivedJson(found, raw));
  } catch (thrown) {
    console.error("mambo-webhooks: onDrift failed:", thrown);
  }
}

/** Returns the delivery, or an empty one if the caller passed none: its missing body is then refused. */
function parts(delivery: Delivery): Delivery {
  return (delivery as Delivery | undefined) ?? ({} as Delivery);
}

function parsed(document: JsonDocument | undefined, code: "profile_invalid" | "registry_invalid"): unknown {
  if (typeof document !== "string") return document;
  try {
    return JSON.parse(document);
  } catch {
    throw webhookError(code, { first: "not JSON at the top" });
  }
}
