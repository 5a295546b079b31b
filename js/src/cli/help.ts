import { COMMANDS, shown, type CommandRow } from "./arguments.ts";

/** The page that names all commands. */
export function help(): string {
  const rows = COMMANDS.map(({ name, about }) => [name, about ?? ""] as const);
  return [
    "Look into Mambo webhooks, receive them, and upgrade their payloads.",
    "",
    "Usage: mambo-webhooks [--json] <command>",
    "",
    ...aligned(rows),
    "",
    "The secret comes from the environment variable MAMBO_SECRET. `mambo-webhooks <command> --help` lists the options.",
  ].join("\n");
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

function described({ help: text, default: preset }: CommandRow["options"][number]): string {
  return preset === null ? (text ?? "") : `${text} [default: ${preset}]`;
}

/** Two columns. */
function aligned(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
