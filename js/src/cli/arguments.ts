import { isIPv4, isIPv6 } from "node:net";
import { parseArgs } from "node:util";
import table from "./commands.json" with { type: "json" };

/** An option or a positional argument of a command, as the Rust program declares it. */
export interface OptionRow {
  readonly name: string;
  readonly help: string | null;
  /** What the value is, such as `FILE`; null for an option without a value. */
  readonly value: string | null;
  readonly default: string | null;
  readonly isPositional: boolean;
  readonly isRequired: boolean;
  readonly isRepeated: boolean;
}

/** A command. */
export interface CommandRow {
  /** The name; a command of a group has the group in front: `registry check`. */
  readonly name: string;
  readonly about: string | null;
  readonly options: readonly OptionRow[];
}

/** Every command. Written by tests/rust/cli.rs from the Rust program's own table. */
export const COMMANDS: readonly CommandRow[] = table.commands;

/** Values by the names of their options. */
export type Values = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The arguments of a command, read. */
export interface Parsed {
  readonly values: Values;
  readonly isJson: boolean;
  readonly isHelp: boolean;
}

/** Arguments that name no command, or that the command does not take. */
export class UsageError extends Error {}

/** Finds the command that arguments begin with, and returns it with the arguments behind its name. */
export function findCommand(args: readonly string[]): { readonly command: CommandRow; readonly rest: readonly string[] } {
  for (const command of COMMANDS) {
    const words = command.name.split(" ");
    if (words.every((word, index) => word === args[index])) return { command, rest: args.slice(words.length) };
  }
  const [first = "", second] = args;
  const group = groupOf(first).map(({ name }) => name.split(" ")[1]);
  if (group.length === 0) throw new UsageError(first.startsWith("-") ? `unexpected option \`${first}\`` : `unknown command \`${first}\``);
  const found = second === undefined ? `a command of \`${first}\` is missing` : `unknown command \`${first} ${second}\``;
  throw new UsageError(`${found}: expected ${group.join(", ")}`);
}

/** The commands of a group, such as `registry`. */
export function groupOf(word: string): readonly CommandRow[] {
  return COMMANDS.filter(({ name }) => name.startsWith(`${word} `));
}

/**
 * Reads the arguments behind a command's name. Defaults are filled in. What follows `--help` is not read.
 * @throws UsageError
 */
export function parse(command: CommandRow, args: readonly string[]): Parsed {
  const values: Record<string, string | readonly string[] | undefined> = {};
  const positional = command.options.filter(({ isPositional }) => isPositional);
  let isJson = false;
  // Not strict: its sentences name other remedies than ours, and it takes an option that is given twice.
  const named = command.options.filter(({ isPositional, value }) => !isPositional && value !== null);
  const options = Object.fromEntries(named.map(({ name }) => [name, { type: "string" as const }]));
  const { tokens } = parseArgs({ args: [...args], options, allowPositionals: true, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === "positional") {
      const row = positional.shift();
      if (row === undefined) throw new UsageError(`unexpected argument \`${token.value}\``);
      if (token.value === "" && isPath(row)) throw new UsageError(`${shown(row)} is empty`);
      values[row.name] = token.value;
    } else if (token.kind === "option") {
      const { rawName, name, value, inlineValue } = token;
      if (rawName === "-h" || rawName === "--help") return { values, isJson, isHelp: true };
      const row = command.options.find((option) => !option.isPositional && `--${option.name}` === rawName);
      if (row === undefined && rawName !== "--json") throw new UsageError(`unexpected option \`${rawName}\``);
      if (row === undefined || row.value === null) {
        if (value !== undefined) throw new UsageError(`\`${rawName}\` takes no value`);
        if (isJson) throw new UsageError(`\`${rawName}\` is given twice`);
        isJson = true;
        continue;
      }
      // `-` is standard input. Another word with a dash is an option, before which the value was left out.
      const isLeftOut = value === undefined || (inlineValue === false && value.startsWith("-") && value !== "-");
      if (value === "" && isPath(row)) throw new UsageError(`\`${rawName}\` is empty: ${shown(row)}`);
      if (isLeftOut) throw new UsageError(`\`${rawName}\` needs a value: ${shown(row)}`);
      if (row.isRepeated) values[name] = [...(values[name] ?? []), value];
      else if (values[name] === undefined) values[name] = value;
      else throw new UsageError(`\`${rawName}\` is given twice`);
    }
  }
  const missing = command.options.filter(({ name, isRequired }) => isRequired && values[name] === undefined).map(shown);
  if (missing.length > 0) throw new UsageError(`${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} missing`);
  checkTogether(command, values);
  for (const option of command.options) values[option.name] ??= option.isRepeated ? [] : presetOf(command, option);
  checkValues(command, values);
  return { values, isJson, isHelp: false };
}

/** An option as a person writes it. */
export function shown({ name, value, isPositional }: OptionRow): string {
  if (isPositional) return `<${name}>`;
  return value === null ? `--${name}` : `--${name} <${value}>`;
}

/** Variables of the Rust program's sender, which its command `send` takes in place of options. */
const VARIABLES: Readonly<Record<string, string>> = { server: "MAMBO_SERVER", profile: "MAMBO_PROFILE" };

/** The value of an option that is not given. */
function presetOf(command: CommandRow, { name, default: preset }: OptionRow): string | undefined {
  const variable = command.name === "send" ? VARIABLES[name] : undefined;
  return (variable === undefined ? undefined : process.env[variable] || undefined) ?? preset ?? undefined;
}

/** Whether a value names a file or folder, or is `-`. */
function isPath({ value }: OptionRow): boolean {
  return ["FILE", "FOLDER", "SAMPLES", "MODULE", "PROFILE"].includes(value ?? "");
}

/** Options of one command that exclude or need each other; the Rust program's table has them for clap alone. */
function checkTogether({ name }: CommandRow, { newer, from, to, type }: Values): void {
  if (name !== "registry diff") return;
  const isOfVersions = from !== undefined || to !== undefined || type !== undefined;
  if (newer !== undefined && isOfVersions) throw new UsageError("--from, --to and --type are for one registry, not for two");
  if (isOfVersions && (from === undefined || to === undefined)) throw new UsageError("--from and --to are given together");
}

/** Values that no input makes right. */
function checkValues({ name }: CommandRow, { now, server, address }: Values): void {
  const isTime = now === undefined || (/^[+-]?\d+$/.test(now as string) && Number.isSafeInteger(Number(now)));
  if (!isTime) throw new UsageError(`--now: \`${now}\`: expected a whole number of milliseconds since 1970`);
  if (server !== undefined && !isVersion(server as string))
    throw new UsageError(`--server: \`${server}\`: expected three numbers joined by dots, such as 8.10.2`);
  if (name === "listen" && addressOf(address as string) === undefined)
    throw new UsageError(`<address>: \`${address}\`: expected an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080`);
}

/** Whether a text is a version, as src/version.rs reads it. */
function isVersion(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 3 && parts.every((part) => /^(0|[1-9]\d{0,9})$/.test(part) && Number(part) <= 0xffff_ffff);
}

/** Takes an IP address and a port apart; undefined for what is none. */
export function addressOf(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, ipv6, ipv4, digits] = /^(?:\[(.+)\]|([\d.]+)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (!(port <= 65_535)) return undefined;
  if (ipv4 !== undefined && isIPv4(ipv4)) return { host: ipv4, port };
  return ipv6 !== undefined && isIPv6(ipv6) ? { host: ipv6, port } : undefined;
}
