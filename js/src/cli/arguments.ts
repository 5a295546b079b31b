import { parseArgs, type ParseArgsConfig } from "node:util";
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

/** Arguments that name no command, or that the command does not take. */
export class UsageError extends Error {}

/** Finds the command that arguments begin with, and returns it with the arguments behind its name. */
export function findCommand(args: readonly string[]): { readonly command: CommandRow; readonly rest: readonly string[] } {
  for (const command of COMMANDS) {
    const words = command.name.split(" ");
    if (words.every((word, index) => word === args[index])) return { command, rest: args.slice(words.length) };
  }
  const group = COMMANDS.filter(({ name }) => name.startsWith(`${args[0]} `)).map(({ name }) => name.split(" ")[1]);
  if (group.length > 0) throw new UsageError(`which? ${args[0]} ${group.join(", ")}`);
  throw new UsageError(args[0] === undefined ? "a command is missing" : `unknown command \`${args[0]}\``);
}

/**
 * Reads the arguments behind a command's name. Defaults are filled in.
 * @throws UsageError
 */
export function parse(command: CommandRow, args: readonly string[]): Values {
  const named = command.options.filter(({ isPositional }) => !isPositional);
  const positional = command.options.filter(({ isPositional }) => isPositional);
  const options: NonNullable<ParseArgsConfig["options"]> = Object.fromEntries(
    named.map(({ name, value, isRepeated }) => [name, { type: value === null ? "boolean" : "string", multiple: isRepeated }]),
  );
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (thrown) {
    throw new UsageError(thrown instanceof Error ? thrown.message : String(thrown));
  }
  const extra = parsed.positionals[positional.length];
  if (extra !== undefined) throw new UsageError(`unexpected argument \`${extra}\``);
  const values: Record<string, string | readonly string[] | undefined> = { ...(parsed.values as Values) };
  for (const [index, { name }] of positional.entries()) values[name] = parsed.positionals[index];
  for (const option of command.options) {
    values[option.name] ??= option.isRepeated ? [] : (option.default ?? undefined);
    if (option.isRequired && values[option.name] === undefined) throw new UsageError(`${shown(option)} is missing`);
  }
  return values;
}

/** An option as a person writes it. */
export function shown({ name, value, isPositional }: OptionRow): string {
  if (isPositional) return `<${name}>`;
  return value === null ? `--${name}` : `--${name} <${value}>`;
}
