// Carries out a command. What it finds and prints is the core's, as in the Rust program.
import { tools } from "../tools-loader.ts";
import type { Ran } from "../tools_bg.js";
import type { CommandRow, OptionRow, Values } from "./arguments.ts";
import { bytesOf, jsonOf, Problem, samplesOf, secretFromEnvironment, textOf } from "./input.ts";

/** What a command found: whether the result is positive, and what to print. */
export type Result = Pick<Ran, "isYes" | "text" | "remarks" | "json">;

/** Calls the core. `command` names the command and its options, as `src/commands.rs` reads them. */
export function callCommand(command: object, body: Uint8Array = new Uint8Array()): Result {
  const ran = tools.call((glue) => glue.command(JSON.stringify(command), body));
  if (ran.problem !== null) throw new Problem(ran.problem);
  return ran;
}

/** How deliveries are signed, from the options of a command. */
export async function howSigned({ profile, encoding, now }: Values): Promise<object> {
  return {
    profile: profile === undefined ? undefined : await textOf(profile as string),
    encoding,
    secret: secretFromEnvironment(),
    now: now === undefined ? Date.now() : Number(now),
  };
}

/** Runs a command that only looks at its inputs: every one but `listen`, `send` and `rehearse`. */
export async function runCommand(row: CommandRow, values: Values): Promise<Result> {
  const isSigned = row.options.some(({ name }) => name === "encoding");
  const command: Record<string, unknown> = { command: camelCase(row.name) };
  for (const option of row.options) {
    const value = values[option.name];
    if (value === undefined || (isSigned && option.name !== "headers")) continue;
    command[option.name] = typeof value === "string" ? await read(option, value) : value;
  }
  if (!isSigned) return callCommand(command);
  const how = await howSigned(values);
  return callCommand({ ...command, ...how }, await bytesOf(values["body"] as string));
}

/** Reads a value as its kind says. */
async function read({ value: kind }: OptionRow, value: string): Promise<unknown> {
  if (kind === "FILE") return textOf(value);
  if (kind === "JSON") return jsonOf(value);
  if (kind === "SAMPLES") return samplesOf(value);
  return value;
}

function camelCase(name: string): string {
  return name.replaceAll(/ (.)/g, (_, letter: string) => letter.toUpperCase());
}
