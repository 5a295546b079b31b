import { readFileSync } from "node:fs";
import { COMMANDS, findCommand, groupOf, shown, UsageError, type CommandRow } from "./arguments.ts";

/**
 * The page that is asked for in place of a command: of all commands, of a group, of one, or the version. Undefined for a command.
 * @throws UsageError
 */
export function helpAskedFor([first, ...rest]: readonly string[]): string | undefined {
  if (first === "--version" || first === "-V") return `mambo-webhooks ${version()}`;
  if (first === "--help" || first === "-h") return help();
  if (first === "help") return pageOf(rest);
  const [second = "", ...names] = rest;
  if (first === undefined || groupOf(first).length === 0) return undefined;
  if (second === "--help" || second === "-h") return pageOf([first]);
  return second === "help" ? pageOf([first, ...names]) : undefined;
}

function pageOf(names: readonly string[]): string {
  const [first] = names;
  if (first === undefined) return help();
  const group = groupOf(first);
  if (group.length > 0 && names.length === 1) return groupHelp(first, group);
  const { command, rest } = findCommand(names);
  if (rest[0] !== undefined) throw new UsageError(`unknown command \`${names.join(" ")}\``);
  return commandHelp(command);
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };
  return version;
}

/** The page that names all commands. */
export function help(): string {
  return [
    "Look into Mambo webhooks, receive them, and upgrade their payloads.",
    "",
    "Usage: mambo-webhooks [--json] <command>",
    "",
    ...listed(COMMANDS),
    "",
    "The secret comes from the environment variable MAMBO_SECRET. `mambo-webhooks help <command>` lists a command's options.",
    "With --json, results and problems are JSON. --version prints the version.",
    "Exit codes: 0 for success, 1 for a refusal or a problem, 2 for wrong arguments.",
  ].join("\n");
}

/** The page of a group of commands. */
function groupHelp(name: string, commands: readonly CommandRow[]): string {
  return [`Usage: mambo-webhooks [--json] ${name} <command>`, "", ...listed(commands)].join("\n");
}

/** The page of one command. */
export function commandHelp(command: CommandRow): string {
  const rows = command.options.map((option) => [shown(option), described(option)] as const);
  return [`${command.about}.`, "", usage(command), "", ...aligned(rows)].join("\n");
}

/** How a command is called. */
export function usage({ name, options }: CommandRow): string {
  const words = options.map((option) => (option.isRequired ? shown(option) : `[${shown(option)}]`));
  return ["Usage: mambo-webhooks [--json]", name, ...words].join(" ");
}

function listed(commands: readonly CommandRow[]): string[] {
  return aligned(commands.map(({ name, about }) => [name, about ?? ""] as const));
}

function described({ help: text, default: preset }: CommandRow["options"][number]): string {
  return preset === null ? (text ?? "") : `${text} [default: ${preset}]`;
}

/** Two columns. */
function aligned(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
