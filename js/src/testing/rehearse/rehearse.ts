// Rehearses an upgrade: every handler on every saved delivery, at the old version and at the new one.
import { WebhookError, optionsInvalid } from "../../errors.ts";
import { createReceiver, type Receiver } from "../../receiver.ts";
import type { CommonOptions, Delivery, JsonDocument, Key, Received, ReceiverOptions } from "../../types.ts";
import { REHEARSAL_SECRET, receiveAsSigned, receiveSignedAnew, type Receive } from "./delivery.ts";
import { collectHandlers, type AddHandlers, type HandlersByType, type NamedHandler } from "./handlers.ts";
import { changedObjects, goneMembers, type ReadData } from "./reads.ts";
import { areRowsOk, type Rehearsal, type RehearsalRow } from "./report.ts";
import { Runner, compare, type Comparison, type Run } from "./run.ts";

/** A delivery as it was captured. */
export interface SavedDelivery extends Delivery {
  /** The name in the report. Default: `#` and the number in the order given, from 1. */
  readonly name?: string;
}

/** What to rehearse. The options of a receiver that are not named here mean the same as there. */
export interface RehearseOptions extends Omit<CommonOptions, "registry" | "replay" | "targetVersion" | "tolerance" | "onDrift"> {
  /** Captured deliveries, however old, in any version. They may come one by one, from a folder or a table. */
  readonly deliveries: Iterable<SavedDelivery> | AsyncIterable<SavedDelivery>;
  /** The registry of changes that the upgrade brings; see docs/VERSIONS.md. */
  readonly registry: JsonDocument;
  /** The version that the handlers are written for. Also that of deliveries that name none, unless `pinned` says otherwise. */
  readonly from: string;
  /** The version to upgrade to. */
  readonly to: string;
  /**
   * Handlers by event type, or the function that adds them to a receiver. They run for real, three times or more for each
   * delivery: give them stand-ins for what they send and store.
   */
  readonly handlers: HandlersByType | AddHandlers;
  /** Third argument of the handlers, in place of what an adapter passes. Default: `[]`. */
  readonly context?: readonly unknown[];
  /** The secret that the deliveries are signed with. With neither this nor `keys`, signatures are not verified. */
  readonly secret?: string | undefined;
  /** The keys that they are signed with, in place of `secret`. */
  readonly keys?: readonly Key[];
}

/** A receiver for each shape of the data. */
interface Receivers {
  readonly asReceived: Receiver;
  readonly old: Receiver;
  readonly upgraded: Receiver;
}

/**
 * Runs every handler on every saved delivery at two versions, one run after another, and reports what the upgrade changes:
 * results, errors, losses, and members that a handler reads and that the new version does not have. Each run has a copy of
 * the event. Without a secret each delivery is signed anew for the rehearsal, so `timestamp`, `keyId` and `replayKey` are not
 * the original ones.
 * @example
 * const report = await rehearse({ deliveries, registry, from: "8.10.2", to: "9.0.0", handlers: (receiver) => addHandlers(receiver) });
 * if (!report.ok) console.error(formatRehearsal(report));
 * @throws WebhookError of fault `config` when an option cannot be used, `event_type_unknown` for a misspelt event type,
 *   `handlers_missing` when there is no handler. What a handler throws, and a delivery that is refused, are rows
 */
export async function rehearse(options: RehearseOptions): Promise<Rehearsal> {
  const { deliveries, from, to, handlers, context = [], secret, keys, ...settings } = options;
  checkVersion(from, "/from");
  checkVersion(to, "/to");
  const isSigned = secret !== undefined || keys !== undefined;
  const signing = keys === undefined ? { secret: secret ?? REHEARSAL_SECRET } : { keys, ...(secret !== undefined && { secret }) };
  const make = (targetVersion: string): Receiver =>
    createReceiver({
      pinned: from,
      ...settings,
      ...signing,
      tolerance: { pastSeconds: "unlimited", futureSeconds: "unlimited" },
      targetVersion,
    } as ReceiverOptions);
  const receivers = { asReceived: make("as_received"), old: make(from), upgraded: make(to) };
  const named = await collectHandlers(make("as_received"), handlers);
  const now = (settings.clock ?? Date.now)();
  const rows: RehearsalRow[] = [];
  let number = 0;
  for await (const saved of deliveries) {
    number += 1;
    const prepare = (): Receive => (isSigned ? receiveAsSigned(saved) : receiveSignedAnew(saved, now, settings.profile));
    rows.push(...(await rowsOf(saved.name ?? `#${number}`, prepare, receivers, named, context)));
  }
  return { from, to, ok: areRowsOk(rows), rows };
}

function checkVersion(version: unknown, at: string): void {
  if (typeof version !== "string" || !/^\d+\.\d+\.\d+$/.test(version))
    throw optionsInvalid("expected three numbers joined by dots, such as 8.10.2", at);
}

/** The delivery as received, and at both versions. */
interface Shapes {
  readonly asReceived: Received;
  readonly old: Received;
  readonly upgraded: Received;
}

async function rowsOf(
  delivery: string,
  prepare: () => Receive,
  receivers: Receivers,
  handlers: readonly NamedHandler[],
  context: readonly unknown[],
): Promise<RehearsalRow[]> {
  const none: RehearsalRow = {
    delivery,
    type: null,
    receivedVersion: null,
    handler: null,
    outcome: "unhandled",
    asReceived: null,
    differsAt: null,
    error: null,
    readButGone: [],
    listedButChanged: [],
    readsKnown: true,
    applied: [],
    losses: [],
    lossesBefore: [],
  };
  let receive: Receive;
  let shapes: Shapes;
  try {
    // Here, since a body that is not bytes is refused too.
    receive = prepare();
    shapes = { asReceived: receive(receivers.asReceived), old: receive(receivers.old), upgraded: receive(receivers.upgraded) };
  } catch (thrown) {
    if (!WebhookError.is(thrown)) throw thrown;
    return [{ ...none, outcome: "refused", error: `${thrown.code}: ${thrown.message}` }];
  }
  const { asReceived, old, upgraded } = shapes;
  const { type, receivedVersion } = asReceived;
  const applied = [...new Set([...old.applied, ...upgraded.applied])];
  const shared = { ...none, type, receivedVersion, applied, losses: upgraded.losses, lossesBefore: old.losses };
  const rows: RehearsalRow[] = [];
  for (const handler of handlers.filter(({ fits }) => fits(asReceived.event)))
    rows.push({ ...shared, handler: handler.name, ...(await found(new Runner(receive, handler, context), receivers, shapes)) });
  return rows.length === 0 ? [shared] : rows;
}

/** Runs one handler on one delivery at all versions, and returns what was found. */
async function found(runner: Runner, receivers: Receivers, { asReceived, old, upgraded }: Shapes): Promise<Partial<RehearsalRow>> {
  const first = await runner.plain(receivers.asReceived);
  const before = await runner.watched(receivers.old);
  const after = await runner.watched(receivers.upgraded);
  const isOld = asReceived.json === old.json && asReceived.deliveredVersion === old.deliveredVersion;
  const compared = compare(before.run, after.run);
  const isUnsteady = compared.outcome === "other" && !isSteady(before.run, isOld ? first : await runner.plain(receivers.old));
  const outcome = isUnsteady ? "unsteady" : compared.outcome;
  const readBefore: ReadData = { data: JSON.parse(old.json), reads: before.reads };
  const readAfter: ReadData = { data: JSON.parse(upgraded.json), reads: after.reads };
  return {
    outcome,
    asReceived: isOld || isUnsteady ? outcome : compare(first, after.run).outcome,
    differsAt: outcome === "other" ? (compared.differsAt ?? null) : null,
    error: errorText(compared),
    readButGone: goneMembers(readBefore, readAfter, "thrown" in after.run),
    listedButChanged: changedObjects(readBefore, readAfter),
    readsKnown: before.isComplete && after.isComplete,
  };
}

function isSteady(run: Run, again: Run): boolean {
  return ["same", "no_result"].includes(compare(run, again).outcome);
}

function errorText(compared: Comparison): string | null {
  if (!("thrown" in compared)) return null;
  const { thrown } = compared;
  try {
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  } catch {
    return "a value without a text";
  }
}
