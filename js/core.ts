import { Core, type Answer } from "./boot.ts";
import * as glue from "./core_bg.js";
import type { CoreDelivery, CoreDiagnosis } from "./core_bg.js";
import type { ErrorCode } from "./errors.ts";
import { HOST_FROM_BYTES, hostKeys, lend, takeBack, type HostKeys } from "./host.ts";
import { Answers, MARK, outlineOf, outlined, type Outline } from "./outline.ts";
import type { MacChoice } from "./types.ts";

/** The core that receives. */
export const core = new Core(glue, takeBack);

/** What the core can be asked, in the order of the numbers that js/module/src/ask.rs has for it. */
const QUESTIONS = ["open", "openWith", "receive", "unfold", "outline", "replayKey", "keyId", "refusal", "lend", "close", "eventKey", "refuse", "sign", "diagnose"] as const;

const encoder = new TextEncoder();
const NOTHING: Uint8Array = new Uint8Array();

/** Asks the core; what does not matter to a question is left out. An empty answer says that there is none. */
export function ask(question: (typeof QUESTIONS)[number], receiver = 0, text = "", body = NOTHING, figure = 0, byHost = false): string {
  // The first part of the core answers these.
  core.need(question !== "openWith" && question !== "close");
  const bytes = encoder.encode(text);
  try {
    return core.taken(glue.ask(QUESTIONS.indexOf(question), receiver, bytes, body, figure, byHost));
  } finally {
    // It may be a secret.
    bytes.fill(0);
  }
}

/** The value of an answer that has one, or the failure that it says. */
function asked<Value>(...question: Parameters<typeof ask>): Value {
  return core.call(() => ask(...question) as Answer<Value>);
}

/** The core looks at no more of a body that the host hashes: joiners are shorter. */
const HEAD_BYTES = 16;
/** A first body that is shorter is hashed by the core: it would take the host longer to load its cryptography. */
const FIRST_BY_HOST_BYTES = 65_536;
/** Looked for when it is written to: a body that comes in between can take the core's memory to another place. */
const front = (): Uint8Array => core.front;
/** Whether this process has had no body yet that is worth the host's hash. */
let isNew = true;
/** As strict as the core: it refuses what is no UTF-8, and leaves a byte order mark for the parser to refuse. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Frees what a receiver holds in the core, unless that instance of the core is gone anyway. workerd has no registry
 * before compatibility date 2025-05-05; there a receiver stays until its isolate ends.
 */
const forgotten =
  typeof FinalizationRegistry === "undefined"
    ? undefined
    : new FinalizationRegistry<Held>(({ number, instance: held }) => {
        try {
          if (held === core.instance) core.guarded(() => ask("close", number));
        } catch {
          // The core was started again, and has no receivers.
        }
        closed.push(number);
      });

/** Numbers of receivers that nobody has any more, and how many were ever needed. */
const closed: number[] = [];
let numbers = 0;

interface Held {
  readonly number: number;
  instance: number;
}

/** A receiver in the core, made again by itself when the core had to be started again. */
export class CoreHandle {
  readonly #settings: string;
  readonly #isSecret: boolean;
  readonly #held: Held;
  readonly headerNames: readonly string[];
  readonly keyIds: readonly string[];
  readonly #hostFrom: number;
  /** Made for the first body; null where only the body's own text will do. */
  #outline: Outline | null | undefined;
  readonly #answers = new Answers();
  /** Made for the first body that is worth it; null where the host has no MAC. */
  #keys: HostKeys | null | undefined;

  /** Of a settings document, or of a secret alone. */
  constructor(settings: string, isSecret: boolean, mac: MacChoice = "auto") {
    this.#settings = settings;
    this.#isSecret = isSecret;
    this.#held = { number: closed.pop() ?? numbers++, instance: 0 };
    forgotten?.register(this, this.#held);
    [this.headerNames = [], this.keyIds = []] = this.#open().split("\n").map((words) => words.split(" ").slice(0, -1));
    this.#hostFrom = { auto: HOST_FROM_BYTES, core: Infinity, host: 0 }[mac];
  }

  /** Whether tags may come from the host. */
  get hasHost(): boolean {
    return this.#hostKeys() !== undefined;
  }

  /** The time of signing in milliseconds, for the signature header's value; `fitting` then is the key that fits. */
  verify(value: string, body: Uint8Array, now: number): number {
    return this.#verify(value, body, now, this.#keysFor(body));
  }

  #verify(value: string, body: Uint8Array, now: number, keys: HostKeys | undefined): number {
    let timestamp: number;
    try {
      timestamp = this.#verified(value, body, now, keys);
    } catch (thrown) {
      core.stopped(thrown);
      timestamp = core.guarded(() => this.#verified(value, body, now, keys));
    }
    return Number.isNaN(timestamp) ? asked<never>("refusal") : timestamp;
  }

  #verified(value: string, body: Uint8Array, now: number, keys: HostKeys | undefined): number {
    const number = this.#number();
    if (keys === undefined) return handed(number, value, body, now, false);
    lend(keys, body, front);
    const timestamp = handed(number, value, body, now, true);
    takeBack();
    return timestamp;
  }

  /** The id of the key that fitted when `verify` was last called. */
  fitting(): string {
    return this.keyIds.length === 1 ? this.keyIds[0]! : core.guarded(() => ask("keyId", this.#held.number));
  }

  /** The same for a replay of one delivery. */
  replayKey(headers: string, body: Uint8Array): string {
    const key = core.guarded(() => ask("replayKey", this.#number(), headers, body));
    if (key === "") throw new Error("mambo-webhooks: a delivery without a signature has no replay key");
    return key;
  }

  /**
   * What was received. `value` is the signature header's, where there is one and only one; `lines` are the headers of
   * these names.
   */
  receive(lines: (names: readonly string[]) => string, value: string | undefined, body: Uint8Array, now: number): CoreDelivery {
    const outline = value === undefined ? null : this.#outlined();
    const keys = this.#keysFor(body);
    if (value !== undefined && outline !== null) {
      const found = this.#unfold(outline, lines, value, body, now, keys);
      if (found !== undefined) return found;
    }
    // Outside of the call: what the caller's headers throw is the caller's.
    const headers = lines(this.headerNames);
    return core.call(() => {
      if (keys !== undefined) lend(keys, body, front);
      const answer = ask("receive", this.#number(), headers, body, now, keys !== undefined);
      takeBack();
      return answer as Answer<CoreDelivery>;
    });
  }

  /** By the host's own parser, whose values stay where they are; nothing where the core has to read the body itself. */
  #unfold(
    outline: Outline,
    lines: (names: readonly string[]) => string,
    value: string,
    body: Uint8Array,
    now: number,
    keys: HostKeys | undefined,
  ): CoreDelivery | undefined {
    const timestamp = this.#verify(value, body, now, keys);
    const keyId = this.fitting();
    const away: unknown[] = [];
    let shown: string | undefined;
    try {
      shown = outlined(JSON.parse(decoder.decode(body)), outline, away);
    } catch {
      // The core says what is wrong with it, and where.
    }
    if (shown === undefined) return undefined;
    // Headers that name the kind or the release; the one with the signature was seen to.
    const headers = this.headerNames.length > 1 ? lines(this.headerNames.slice(1)) : "";
    const unfold = (): CoreDelivery => asked("unfold", this.#number(), headers, encoded(shown));
    const found = this.#answers.of(headers === "" ? shown : `${headers}\0${shown}`, away, unfold);
    found.keyId = keyId;
    found.timestamp = timestamp;
    return found;
  }

  diagnose(headers: string, body: Uint8Array, now: number): CoreDiagnosis {
    return asked("diagnose", this.#number(), headers, body, now);
  }

  #keysFor(body: Uint8Array): HostKeys | undefined {
    if (body.length < this.#hostFrom) return undefined;
    const isFirst = isNew && this.#hostFrom > 0 && body.length < FIRST_BY_HOST_BYTES;
    isNew = false;
    return isFirst ? undefined : this.#hostKeys();
  }

  #hostKeys(): HostKeys | undefined {
    if (this.#keys === undefined) this.#keys = hostKeys(() => core.guarded(() => ask("lend", this.#number()))) ?? null;
    return this.#keys ?? undefined;
  }

  #outlined(): Outline | null {
    if (this.#outline === undefined) {
      const number = this.#number();
      const places = this.#settings.includes(MARK) ? "" : core.guarded(() => ask("outline", number));
      this.#outline = places === "" ? null : outlineOf(JSON.parse(places));
    }
    return this.#outline;
  }

  #number(): number {
    if (this.#held.instance !== core.instance) this.#open();
    return this.#held.number;
  }

  /** Opens it under its number, at first and in each instance of the core that finds it missing. */
  #open(): string {
    const answer = core.guarded(() => ask(this.#isSecret ? "openWith" : "open", this.#held.number, this.#settings));
    if (answer.startsWith("{")) core.opened(answer);
    this.#held.instance = core.instance;
    return answer;
  }
}

/** Has the core verify a delivery. What is short of it goes to the core's room; what the host hashes stays where it is, but for its head. */
function handed(number: number, value: string, body: Uint8Array, now: number, byHost: boolean): number {
  const { room: inCore } = core;
  if (value.length * 3 + HEAD_BYTES > inCore.length) {
    const text = encoder.encode(value);
    const behind = byHost ? body.subarray(0, HEAD_BYTES) : body;
    const bytes = new Uint8Array(text.length + behind.length);
    bytes.set(text);
    bytes.set(behind, text.length);
    return glue.verify(number, text.length, 0, bytes, now, byHost);
  }
  const { written } = encoder.encodeInto(value, inCore);
  if (byHost) {
    const length = Math.min(body.length, HEAD_BYTES);
    // Another view of the body would take longer than this.
    for (let at = 0; at < length; at += 1) inCore[written + at] = body[at]!;
    return glue.verify(number, written, written + length, NOTHING, now, true);
  }
  if (written + body.length > inCore.length) return glue.verify(number, written, written, body, now, false);
  inCore.set(body, written);
  return glue.verify(number, written, written + body.length, NOTHING, now, false);
}

/** The header value that signs `body` under a profile, at `now` in milliseconds since 1970. */
export function signBody(profile: string, secret: string, body: Uint8Array, now: number): string {
  return asked("sign", 0, `${profile}\0${secret}`, body, now);
}

/** The same for every delivery of one event. */
export function eventKey(id: string | null, body: Uint8Array): string {
  return core.guarded(() => ask("eventKey", 0, id ?? "", body));
}

/** Failures of the core's table that are found on this side of it, in the order in which the core knows them. */
const REFUSALS = ["delivery_replayed", "delivery_pending", "replay_store_full", "handlers_missing", "kind_unknown", "body_parsed", "body_too_large"] as const satisfies readonly ErrorCode[];

/** Refuses with a failure that is found on this side of the core. */
export function refuse(code: (typeof REFUSALS)[number], text = "", bytes = 0): never {
  return asked("refuse", REFUSALS.indexOf(code), text, NOTHING, bytes);
}

/** Refuses a body that is no bytes. */
export function refuseParsed(found: string): never {
  return refuse("body_parsed", found);
}

/** Refuses a body that is too large to be copied into the core's memory. */
export function refuseLarge(bytes: number, allowed: number): never {
  return refuse("body_too_large", `${allowed}`, bytes);
}

const room = new Uint8Array(1024);

/** The bytes of a short text, valid until the next call: the glue's own way costs more than the rest of a call. */
function encoded(text: string): Uint8Array {
  if (text.length * 3 > room.length) return encoder.encode(text);
  return room.subarray(0, encoder.encodeInto(text, room).written);
}
