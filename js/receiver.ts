import { bodyBytes } from "./bytes.ts";
import { CoreHandle, refuseLarge, refuseParsed } from "./core.ts";
import { WebhookError, optionsInvalid, type Failure } from "./errors.ts";
import { Handlers, type EventOf, type Handler } from "./handlers.ts";
import { headerLines, lasting, onlyValue } from "./headers.ts";
import { MAX_BODY_BYTES } from "./limits.ts";
import { once, type Once } from "./once.ts";
import { ReceivedDelivery, VerifiedDelivery } from "./received.ts";
import type { BodyInput, Delivery, JsonDocument, KnownKind, MacChoice, Received, ReceiverOptions, UnknownEvent, Verified, WebhookEvent } from "./types.ts";

/** Verifies deliveries and hands out their events: as a value, or to the handlers that were added to it. */
export interface Receiver {
  /**
   * Verifies one delivery and hands out its event in the wanted shape. Calls no handler.
   * @throws WebhookError with a stable `code` when the delivery is refused
   */
  receive(delivery: Delivery): Received;
  /**
   * Verifies one delivery and looks into nothing: for a service that queues it. Whoever takes it from the queue can
   * `receive` it there, with an unlimited tolerance.
   * @throws WebhookError with a stable `code` when the delivery is refused
   */
  verify(delivery: Delivery): Verified;
  /**
   * Receives one delivery and hands it to `handler`, once where there is a replay store: a replay is then refused as
   * `delivery_replayed`, a delivery that is being handled as `delivery_pending`. When the handler throws, the delivery
   * is given back for a retry.
   * @throws WebhookError as `receive` does, and whatever the handler or the replay store throws
   */
  process<Result>(delivery: Delivery, handler: (received: Received) => Result | Promise<Result>): Promise<Result>;
  /**
   * Adds a handler for events of one kind. Several for one kind all run.
   * @throws WebhookError `kind_unknown` for a kind that this release does not know
   */
  on<Kind extends KnownKind>(kind: Kind, handler: Handler<EventOf<Kind>>): Receiver;
  /** Adds a handler for every event. */
  onAny(handler: Handler<WebhookEvent>): Receiver;
  /** Adds a handler for events of a kind that this release of the SDK does not know. */
  onUnknown(handler: Handler<UnknownEvent>): Receiver;
  /**
   * Processes one delivery with the handlers that were added; an event that none of them is for is passed over.
   * @throws WebhookError when the delivery is refused, `handlers_missing` when there is no handler at all; what a
   *   handler threw, as an AggregateError if several did, as the cause of an Error if it was a WebhookError. All
   *   handlers run in any case.
   */
  route(delivery: Delivery): Promise<Received>;
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

const LONE_SURROGATE = /[\ud800-\udfff]/u;
const MACS: readonly unknown[] = ["auto", "core", "host"] satisfies MacChoice[];

/**
 * Makes a receiver.
 * @throws WebhookError of fault `config` when a secret or another setting cannot be used
 */
export function createReceiver(options: ReceiverOptions): Receiver {
  if (options.secret !== undefined && options.keys !== undefined) throw optionsInvalid("expected either `secret` or `keys`", "the top");
  const { secret, keys, profile, registry, maxBodyBytes = MAX_BODY_BYTES, clock = Date.now, replay, mac, ...rest } = options;
  if (mac !== undefined && !MACS.includes(mac)) throw optionsInvalid("expected one of `auto`, `core`, `host`", "/mac");
  const settings = (): string => JSON.stringify({
    ...rest,
    // A variable that is not set is a secret that is empty, which is what has to be said.
    keys: keys ?? [{ secret: secret ?? "" }],
    profile: parsed(profile, "profile_invalid"),
    registry: parsed(registry, "registry_invalid"),
    maxBodyBytes,
  });
  // One secret and the defaults need no document, and start without all that reads one. What is no Unicode has no bytes, which
  // a document says.
  const isPlain = typeof secret === "string" && !LONE_SURROGATE.test(secret) && profile === undefined && registry === undefined
    && maxBodyBytes === MAX_BODY_BYTES && Object.keys(rest).length === 0;
  const core = new CoreHandle(isPlain ? secret : settings(), isPlain, mac);
  if (mac === "host" && !core.hasHost) throw optionsInvalid("this runtime has no MAC that answers at once", "/mac");
  const [signatureHeader = ""] = core.headerNames;
  const guard: Once = replay === undefined ? (_received, act) => act() : once(replay, options.tolerance);
  const handlers = new Handlers();
  const bounded = (body: BodyInput): Uint8Array => {
    const bytes = bodyBytes(body);
    if ("found" in bytes) return refuseParsed(bytes.found);
    if (bytes.length > maxBodyBytes) return refuseLarge(bytes.length, maxBodyBytes);
    return bytes;
  };
  const receive = ({ headers: given, body }: Delivery): Received => {
    const bytes = bounded(body);
    const headers = lasting(given);
    const value = onlyValue(headers, signatureHeader);
    const lines = (names: readonly string[]): string => headerLines(headers, names);
    const found = core.receive(lines, value, bytes, clock());
    const signed = value === undefined ? lines(core.headerNames) : `${signatureHeader}\n${value}`;
    return new ReceivedDelivery(found, bytes, () => core.replayKey(signed, bytes));
  };
  const receiver: Receiver = {
    receive,
    verify({ headers: given, body }) {
      const raw = bounded(body);
      const headers = lasting(given);
      const value = onlyValue(headers, signatureHeader);
      // With no value, or more than one, this is only for its refusal.
      if (value === undefined) return receive({ headers, body: raw });
      const timestamp = core.verify(value, raw, clock());
      return new VerifiedDelivery(core.fitting(), timestamp, raw, () => core.replayKey(`${signatureHeader}\n${value}`, raw));
    },
    async process(delivery, handler) {
      const found = receive(delivery);
      return guard(found, async () => handler(found));
    },
    on(kind, handler) {
      handlers.addFor(kind, handler);
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
    route(delivery) {
      return receiver.process(delivery, async (found) => {
        handlers.check();
        await handlers.run(found);
        return found;
      });
    },
    diagnose({ headers, body }) {
      const { error, causes, hashes } = core.diagnose(headerLines(lasting(headers), undefined, core.headerNames), bounded(body), clock());
      return { error, causes, hashes };
    },
  };
  return receiver;
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
