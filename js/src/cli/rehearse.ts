// The command `rehearse`: proves a program's handlers against an upgrade, with saved deliveries. For Node alone.
import { formatRehearsal, rehearse } from "../entry/testing.ts";
import type { SavedDelivery } from "../testing/rehearse/rehearse.ts";
import { savedNames, textOf } from "./input.ts";
import { loadHandlers } from "./load-handlers.ts";
import { savedDelivery } from "./saved-deliveries.ts";
import { isColoured, type Output, type Terminal } from "./terminal.ts";

/** Arguments of the command. Paths are relative to the working folder. */
export interface RehearseArguments {
  /** The folder of saved deliveries: a sub-folder for each, with the files `headers` and `body`. */
  readonly folder: string;
  /** The registry document's file. */
  readonly registry: string;
  /** The version that the handlers are written for. */
  readonly from: string;
  /** The version to upgrade to. */
  readonly to: string;
  /** The module that exports the handlers. */
  readonly handlers: string;
  /** Print the report as JSON. Default: false. */
  readonly json?: boolean;
  /** The secret that the deliveries are signed with. Without it signatures are not verified. */
  readonly secret?: string | undefined;
  /** How the secret is written. Default: `utf8`. */
  readonly encoding?: string | undefined;
  /** The version of deliveries that do not name it. Default: that of `from`. */
  readonly pinned?: string | undefined;
  /** A profile document's file. Default: assumed. */
  readonly profile?: string | undefined;
}

/** Exit codes of the command. */
export const EXIT = { ok: 0, notOk: 1, wrongArguments: 2 } as const;

/** Fewer deliveries are done before a person could read it. */
const SHOW_PROGRESS_FROM = 20;

/**
 * Rehearses an upgrade, and prints the report to standard output, as a table or as JSON. Problems and progress go to standard
 * error, progress only to a terminal.
 * @returns the exit code: 0 if the rehearsal is ok, 1 if it is not, 2 if it cannot be done with these arguments
 */
export async function rehearseCommand(given: RehearseArguments, terminal: Terminal = process): Promise<number> {
  const { stdout, stderr } = terminal;
  try {
    const report = await rehearse(await optionsOf(given, stderr));
    const text = given.json ? JSON.stringify(report) : formatRehearsal(report, { isColoured: isColoured(terminal) });
    stdout.write(`${text}\n`);
    return report.ok ? EXIT.ok : EXIT.notOk;
  } catch (thrown) {
    const problem = thrown instanceof Error ? thrown.message : String(thrown);
    stderr.write(given.json ? `${JSON.stringify({ error: problem })}\n` : `mambo-webhooks: ${problem}\n`);
    return EXIT.wrongArguments;
  }
}

async function optionsOf(given: RehearseArguments, stderr: Output): Promise<Parameters<typeof rehearse>[0]> {
  for (const name of ["folder", "registry", "from", "to", "handlers"] as const) {
    if (typeof given[name] !== "string" || given[name] === "") throw new Error(`\`${name}\` is missing`);
  }
  const { folder, from, to, secret, encoding = "utf8", pinned, profile } = given;
  const names = await savedNames(folder);
  if (names.length === 0) throw new Error(`${folder}: no saved deliveries: expected a folder for each, with \`headers\` and \`body\``);
  return {
    deliveries: saved(folder, names, stderr),
    registry: await textOf(given.registry),
    from,
    to,
    handlers: await loadHandlers(given.handlers),
    ...(secret !== undefined && { keys: [{ secret, encoding: encoding as "utf8" }] }),
    ...(pinned !== undefined && { pinned }),
    ...(profile !== undefined && { profile: await textOf(profile) }),
  };
}

/** Reads deliveries one by one, and shows on a terminal how far the rehearsal is. */
async function* saved(folder: string, names: readonly string[], stderr: Output): AsyncGenerator<SavedDelivery> {
  const isShown = stderr.isTTY === true && names.length >= SHOW_PROGRESS_FROM;
  try {
    for (const [index, name] of names.entries()) {
      if (isShown) stderr.write(`\r${index + 1} of ${names.length} deliveries`);
      yield await savedDelivery(folder, name);
    }
  } finally {
    // The line is wiped, so that the table begins on an empty one.
    if (isShown) stderr.write("\r\u001b[K");
  }
}
