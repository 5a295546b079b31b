#!/usr/bin/env node
// The executable of the package: `npx mambo-webhooks`.
import "../entry/tools.ts";
import { findCommand, groupOf, parse, UsageError, type CommandRow, type Values } from "./arguments.ts";
import { commandHelp, help, helpAskedFor, usage } from "./help.ts";
import { Problem } from "./input.ts";
import { listen } from "./listen.ts";
import { EXIT, rehearseCommand } from "./rehearse.ts";
import { runCommand, type Result } from "./run.ts";
import { send } from "./send.ts";
import { WebhookError } from "../errors.ts";

/** Runs the command that the arguments name, and returns the exit code. */
async function main(given: readonly string[]): Promise<number> {
  let args = withoutLeading(given, "--json");
  let isJson = args.length < given.length;
  let command: CommandRow | undefined;
  try {
    const page = helpAskedFor(args);
    if (page !== undefined) {
      console.log(page);
      return EXIT.ok;
    }
    if (args.length === 0) {
      console.error(help());
      return EXIT.wrongArguments;
    }
    if (groupOf(args[0] ?? "").length > 0) {
      const [group = "", ...rest] = args;
      args = [group, ...withoutLeading(rest, "--json")];
      isJson ||= args.length <= rest.length;
    }
    const found = findCommand(args);
    command = found.command;
    const parsed = parse(command, found.rest);
    if (parsed.isHelp) {
      console.log(commandHelp(command));
      return EXIT.ok;
    }
    isJson ||= parsed.isJson;
    return await run(command, parsed.values, isJson);
  } catch (thrown) {
    if (thrown instanceof UsageError) {
      console.error(`error: ${thrown.message}\n\n${command === undefined ? "`mambo-webhooks help` lists the commands." : usage(command)}`);
      return EXIT.wrongArguments;
    }
    if (!(thrown instanceof Problem || WebhookError.is(thrown))) throw thrown;
    console.error(isJson ? JSON.stringify({ error: thrown.message }) : `mambo-webhooks: ${thrown.message}`);
    return EXIT.notOk;
  }
}

/** Leaves out an option that stands in front of a command; a second one is left for the command to refuse. */
function withoutLeading(args: readonly string[], option: string): readonly string[] {
  return args[0] === option ? args.slice(1) : args;
}

async function run(command: CommandRow, values: Values, isJson: boolean): Promise<number> {
  switch (command.name) {
    case "listen":
      await listen(values, isJson, process);
      return EXIT.ok;
    case "rehearse":
      return rehearseCommand({
        ...(values as unknown as Parameters<typeof rehearseCommand>[0]),
        json: isJson,
        // An empty secret is none, as for `listen`.
        secret: process.env["MAMBO_SECRET"] || undefined,
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
  return isYes ? EXIT.ok : EXIT.notOk;
}

// A reader that is gone, as behind `| head`, is no failure: what the command does counts, and is done.
for (const output of [process.stdout, process.stderr]) output.on("error", () => {});
process.exitCode = await main(process.argv.slice(2));
