// Where input comes from: files, standard input, folders of saved deliveries.
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { getSystemErrorMap } from "node:util";
import { savedNames } from "./saved-deliveries.ts";

/** A problem that ends a command: a sentence for a person. */
export class Problem extends Error {}

/** The secret. It is never an argument, which every user of the machine can read. */
export function secretFromEnvironment(): string {
  const secret = process.env["MAMBO_SECRET"];
  if (secret === undefined) throw new Problem("set the environment variable MAMBO_SECRET");
  return secret;
}

/** The bytes of a file, or of standard input for `-`. */
export async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    return file === "-" ? await buffer(process.stdin) : await readFile(file);
  } catch (thrown) {
    throw new Problem(`${file}: ${systemSentence(thrown)}`);
  }
}

/** The text of a file, or of standard input for `-`. */
export async function textOf(file: string): Promise<string> {
  const bytes = await bytesOf(file);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Problem(`${file}: not UTF-8`);
  }
}

/** JSON itself, or the text of the file that the argument names. */
export async function jsonOf(argument: string): Promise<string> {
  return /^\s*[{["]/.test(argument) ? argument : textOf(argument);
}

/** The bodies of a folder of saved deliveries, or a file with the data of one event on each line. */
export async function samplesOf(path: string): Promise<{ bodies: string[] } | { lines: string }> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return { lines: await textOf(path) };
  const bodies: string[] = [];
  for (const name of await savedNames(path)) bodies.push(await textOf(join(path, name, "body")));
  return { bodies };
}

/** A failure of the system, in the words of the Rust program. */
export function systemSentence(thrown: unknown): string {
  const { errno } = thrown as { errno?: number };
  const [, sentence] = (errno === undefined ? undefined : getSystemErrorMap().get(errno)) ?? [];
  if (errno === undefined || sentence === undefined) return thrown instanceof Error ? thrown.message : String(thrown);
  return `${sentence.slice(0, 1).toUpperCase()}${sentence.slice(1)} (os error ${-errno})`;
}
