import type { Loss } from "../../types.ts";

/**
 * What became of a handler between the old and the new version:
 * - `same`: it returned equal results. Results are compared by their visible parts; class instances without any, such as a
 *   `Response`, are not comparable.
 * - `other`: it returned another result; `differsAt` says where.
 * - `no_result`: it returned undefined at both versions, so only its errors and its reads tell anything.
 * - `unsteady`: it returned another result at the same version too, as with a time or a random id in it: no comparison is
 *   possible.
 * - `thrown`: it threw at the new version only.
 * - `thrown_both`: it threw at both versions, so nothing is proved.
 * - `thrown_before`: it threw at the old version only.
 * - `unhandled`: no handler is for the event.
 * - `refused`: the delivery was refused, so no handler ran.
 */
export type RehearsalOutcome =
  "same" | "other" | "no_result" | "unsteady" | "thrown" | "thrown_both" | "thrown_before" | "unhandled" | "refused";

/** What became of one handler with one delivery. */
export interface RehearsalRow {
  /** The delivery's name, or `#` and its number in the order given, from 1. */
  readonly delivery: string;
  /** The event type, where one is named. */
  readonly type: string | null;
  /** The version in whose shape the data came, where that is known. */
  readonly receivedVersion: string | null;
  /** How the handler was added, with its name: `on("Ping", greet)`. Null if none ran. */
  readonly handler: string | null;
  /** The old version against the new one. */
  readonly outcome: RehearsalOutcome;
  /** The data as received against the new version: what changes for a receiver without a `targetVersion`. Null if no handler ran. */
  readonly asReceived: RehearsalOutcome | null;
  /** For `other`: JSON pointer of the first difference in the result, `""` for the whole. */
  readonly differsAt: string | null;
  /** Name and message of what was thrown, at the new version if at both. The handler's own message may quote the data. */
  readonly error: string | null;
  /**
   * Members that the handler asks for at the new version and that only the old one has. Pointers into the old data, as a
   * registry writes them: `/prizes/*` is every element of `prizes`. One that it no longer asks for does not count:
   * `data.newName ?? data.oldName` is fine.
   */
  readonly readButGone: readonly string[];
  /**
   * Objects whose members it listed (`Object.keys`, a spread, `JSON.stringify`, `received.json`), and that have other members
   * at the new version. `""` is the data. They do not spoil `ok`.
   */
  readonly listedButChanged: readonly string[];
  /** False if it handed the data to `structuredClone` or the like: its further reads are not known then. */
  readonly readsKnown: boolean;
  /** Ids of the changes that were carried out on the data, for the old version or the new one. */
  readonly applied: readonly string[];
  /** What the new version could not hold. */
  readonly losses: readonly Loss[];
  /** What the old version could not hold, of a delivery that came in a newer one. They do not spoil `ok`. */
  readonly lossesBefore: readonly Loss[];
}

/** What became of all handlers with all deliveries. */
export interface Rehearsal {
  readonly from: string;
  readonly to: string;
  /**
   * False if any row has the outcome `other`, `thrown`, `thrown_both` or `refused`, or a handler and one of `losses` or
   * `readButGone`. False also if no handler ran.
   */
  readonly ok: boolean;
  /** For each delivery, in the order given, one row for each handler of its event, in the order in which they were added. */
  readonly rows: readonly RehearsalRow[];
}

const BAD: readonly RehearsalOutcome[] = ["other", "thrown", "thrown_both", "refused"];

/** @internal Whether a row leaves a rehearsal `ok`. */
export function isRowOk({ handler, outcome, readButGone, losses }: RehearsalRow): boolean {
  return !BAD.includes(outcome) && (handler === null || (readButGone.length === 0 && losses.length === 0));
}

/** @internal Whether rows make a rehearsal `ok`. */
export function areRowsOk(rows: readonly RehearsalRow[]): boolean {
  return rows.some(({ handler }) => handler !== null) && rows.every(isRowOk);
}
