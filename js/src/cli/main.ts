#!/usr/bin/env node
// The executable of the package: `npx mambo-webhooks`.
import "../entry/tools.ts";
import { findCommand, parse, UsageError, type CommandRow, type Values } from "./arguments.ts";
import { commandHelp, help, usage } from "./help.ts";
import { Problem } from "./input.ts";
import { listen } from "./listen.ts";
import { rehearseCommand } from "./rehearse.ts";
import { runCommand, type Result } from "./run.ts";
import { send } from "./send.ts";
import { WebhookError } from "../errors.ts";

/** Exit codes: success, a refusal or a problem, wrong arguments. */
const [OK, NOT_OK, WRONG_ARGUMENTS] = [0, 1, 2];

/** Runs the command that the arguments name, and returns the exit code. */
async function main(given: readonly string[]): Promise<number> {
  const isJson = given.includes("--json");
  const args = given.filter((arg) => arg !== "--json");
  if (args.length === 0 || args[0] === "help" || args[0] === "--help" || args[0] === "-h") {
    console.log(help());
    return args.length === 0 ? WRONG_ARGUMENTS : OK;
  }
  let command: CommandRow | undefined;
  try {
    const found = findCommand(args);
    command = found.command;
    if (found.rest.includes("--help") || found.rest.includes("-h")) {
      console.log(commandHelp(command));
      return OK;
    }
    return await run(command, parse(command, found.rest), isJson);
  } catch (thrown) {
    if (thrown instanceof UsageError) {
      console.error(`error: ${thrown.message}\n\n${command === undefined ? help() : usage(command)}`);
      return WRONG_ARGUMENTS;
    }
    if (!(thrown instanceof Problem || WebhookError.is(thrown))) throw thrown;
    console.error(isJson ? JSON.stringify({ error: thrown.message }) : `mambo-webhooks: ${thrown.message}`);
    return NOT_OK;
  }
}

async function run(command: CommandRow, values: Values, isJson: boolean): Promise<number> {
  switch (command.name) {
    case "listen":
      await listen(values, isJson, process);
      return OK;
    case "rehearse":
      return rehearseCommand({
        ...(values as unknown as Parameters<typeof rehearseCommand>[0]),
        json: isJson,
        secret: process.env["MAMBO_SECRET"],
      });
    case "send":
      return print(await send(values), isJson);
    default:
      return print(await runCommand(command, values), isJson);
  }
}

function print({ isYes, text, remarks, json }: Result, isJson: boolean): number {
  for (const remark of remarks) console.error(remark);
  const said = isJson ? json : text;
  if (said !== "") console.log(said);
  return isYes ? OK : NOT_OK;
}

// A reader that is gone, as behind `| head`, is no failure: what the command does counts, and is done.
process.stdout.on("error", () => {});
process.exitCode = await main(process.argv.slice(2));
