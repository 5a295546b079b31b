import type { Loss } from "../../types.ts";
import { isRowOk, type Rehearsal, type RehearsalOutcome, type RehearsalRow } from "./report.ts";

/** Options of `formatRehearsal`. */
export interface FormatRehearsalOptions {
  /** Colour outcomes for a terminal. Default: false. */
  readonly isColoured?: boolean;
}

const [GREEN, RED, PLAIN] = ["\u001b[32m", "\u001b[31m", "\u001b[0m"];

/**
 * Prints a rehearsal as a table: a line for each row, with what was found below it, and the verdict. Holds no value of the
 * data, unless a handler's error quotes one.
 * @example
 * console.log(formatRehearsal(await rehearse(options)));
 */
export function formatRehearsal(rehearsal: Rehearsal, { isColoured = false }: FormatRehearsalOptions = {}): string {
  const { from, to, rows } = rehearsal;
  const coloured = (text: string, isGood: boolean): string => (isColoured ? `${isGood ? GREEN : RED}${text}${PLAIN}` : text);
  const head = ["delivery", "event type", "handler", `${from} to ${to}`];
  const cells = rows.map((row) =>
    [row.delivery, row.type ?? "-", row.handler ?? "-", sentence(row.outcome, row, rehearsal)].map(printable),
  );
  const widths = head.map((name, column) => Math.max(name.length, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[], isGood?: boolean): string => {
    const [last = "", ...others] = [...row].reverse();
    const padded = others.reverse().map((cell, column) => cell.padEnd(widths[column] ?? 0));
    return [...padded, isGood === undefined ? last : coloured(last, isGood)].join("  ");
  };
  const lines = rows.flatMap((row, index) => [
    line(cells[index] ?? [], isRowOk(row)),
    ...details(row, rehearsal).map((detail) => `  ${printable(detail)}`),
  ]);
  return [line(head), ...lines, coloured(verdict(rehearsal), rehearsal.ok)].join("\n");
}

function sentence(outcome: RehearsalOutcome, { differsAt, error }: RehearsalRow, { from, to }: Rehearsal): string {
  switch (outcome) {
    case "same":
      return "same result";
    case "other":
      return differsAt ? `other result at ${differsAt}` : "other result";
    case "no_result":
      return "no result to compare";
    case "unsteady":
      return "result changes from run to run";
    case "thrown":
      return `throws at ${to}: ${error ?? ""}`;
    case "thrown_both":
      return `throws at both versions: ${error ?? ""}`;
    case "thrown_before":
      return `throws at ${from} only: ${error ?? ""}`;
    case "unhandled":
      return "no handler";
    case "refused":
      return `refused: ${error ?? ""}`;
  }
}

/** What `asReceived` says, where it is not what `outcome` says. */
function asReceivedSentence(outcome: RehearsalOutcome, { to }: Rehearsal): string {
  switch (outcome) {
    case "same":
      return `same result as at ${to}`;
    case "other":
      return `another result than at ${to}`;
    case "thrown":
      return "it does not throw";
    case "thrown_both":
    case "thrown_before":
      return "it throws";
    default:
      return "no result to compare";
  }
}

/** The lines below a row. */
function details(row: RehearsalRow, rehearsal: Rehearsal): string[] {
  const { to, from } = rehearsal;
  const { outcome, asReceived, receivedVersion, readButGone, listedButChanged, readsKnown, losses, lossesBefore } = row;
  const found: string[] = [];
  if (asReceived !== null && asReceived !== outcome)
    found.push(`as received, in ${receivedVersion ?? "an unknown version"}: ${asReceivedSentence(asReceived, rehearsal)}`);
  for (const place of readButGone) found.push(`reads ${place}, which ${to} does not have`);
  for (const place of listedButChanged) found.push(`lists all members of ${place === "" ? "the data" : place}, which differ at ${to}`);
  if (!readsKnown) found.push("its reads are not all known: it cloned the data");
  for (const loss of losses) found.push(lossText(loss, to));
  for (const loss of lossesBefore) found.push(lossText(loss, from));
  return found;
}

function lossText({ kind, at, change }: Loss, version: string): string {
  return `loss at ${version}: ${kind} at ${at} by ${change}`;
}

function verdict({ ok, rows }: Rehearsal): string {
  const ran = rows.filter(({ handler }) => handler !== null).length;
  const deliveries = counted(new Set(rows.map(({ delivery }) => delivery)).size, "delivery", "deliveries");
  if (ran === 0) return `not ok: no handler ran, ${deliveries}`;
  const bad = rows.filter((row) => !isRowOk(row)).length;
  const all = counted(rows.length, "row", "rows");
  if (ok && rows.every(({ applied }) => applied.length === 0)) return `ok: ${all}, ${deliveries}, but no change of the registry applies`;
  return ok ? `ok: ${all}, ${deliveries}` : `not ok: ${bad} of ${all}, ${deliveries}`;
}

function counted(count: number, one: string, more: string): string {
  return `${count} ${count === 1 ? one : more}`;
}

/** Escapes what would move a terminal's cursor or turn its text round: names and errors may quote a delivery. */
function printable(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
