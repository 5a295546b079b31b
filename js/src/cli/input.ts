// Where input comes from: files, standard input, folders of saved deliveries.
import { readFile, readdir, stat } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { getSystemErrorMap } from "node:util";

/** A problem that ends a command: a sentence for a person. */
export class Problem extends Error {}

/** The secret. It is never an argument, which every user of the machine can read. */
export function secretFromEnvironment(): string {
  const secret = process.env["MAMBO_SECRET"];
  if (secret === undefined) throw new Problem("set the environment variable MAMBO_SECRET");
  return secret;
}

let isInputTaken = false;

/** The bytes of a file, or of standard input for `-`. */
export async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    return file === "-" ? await standardInput() : await readFile(file);
  } catch (thrown) {
    throw problemWith(file, thrown);
  }
}

async function standardInput(): Promise<Uint8Array> {
  if (isInputTaken) throw new Problem("standard input was read already, for another option");
  isInputTaken = true;
  if (process.stdin.isTTY) process.stderr.write("reading standard input: end it with Ctrl-D\n");
  return buffer(process.stdin);
}

/** The text of a file, or of standard input for `-`. */
export async function textOf(file: string): Promise<string> {
  const bytes = await bytesOf(file);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (thrown) {
    throw thrown instanceof TypeError ? new Problem(`${file}: not UTF-8`) : problemWith(file, thrown);
  }
}

/** JSON itself, or the text of the file that the argument names. */
export async function jsonOf(argument: string): Promise<string> {
  return /^\p{White_Space}*[{["]/u.test(argument) ? argument : textOf(argument);
}

/** The bodies of a folder of saved deliveries, or a file with the data of one event on each line. */
export async function samplesOf(path: string): Promise<{ bodies: string[] } | { lines: string }> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return { lines: await textOf(path) };
  const bodies: string[] = [];
  for (const name of await savedNames(path)) bodies.push(await textOf(inside(path, name, "body")));
  return { bodies };
}

/** The names of the saved deliveries in a folder, sorted: its sub-folders, but those whose name begins with a dot. */
export async function savedNames(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((thrown: unknown) => {
    throw problemWith(folder, thrown);
  });
  const names: string[] = [];
  for (const entry of entries) {
    const isFolder = entry.isSymbolicLink() ? await leadsToFolder(inside(folder, entry.name)) : entry.isDirectory();
    if (isFolder && !entry.name.startsWith(".")) names.push(entry.name);
  }
  return names.sort();
}

async function leadsToFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true;
}

/** A path in a folder that is written as the user wrote it, which `path.join` would change. */
export function inside(folder: string, ...names: readonly string[]): string {
  return [folder.replace(/\/$/, ""), ...names].join("/");
}

/** A failure of the system with a file. */
export function problemWith(file: string, thrown: unknown): Problem {
  return new Problem(`${file}: ${systemSentence(thrown)}`);
}

/** Sentences of Linux that libuv words in another way. */
const SENTENCES: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL: "Cannot assign requested address",
  EEXIST: "File exists",
  EIO: "Input/output error",
  EISDIR: "Is a directory",
  ELOOP: "Too many levels of symbolic links",
  ENAMETOOLONG: "File name too long",
  ENXIO: "No such device or address",
};

/** A failure of the system, in the words of the Rust program. */
export function systemSentence(thrown: unknown): string {
  const { errno } = thrown as { errno?: number };
  const [name, sentence] = (errno === undefined ? undefined : getSystemErrorMap().get(errno)) ?? [];
  if (errno === undefined || name === undefined || sentence === undefined) return thrown instanceof Error ? thrown.message : String(thrown);
  const said = SENTENCES[name] ?? `${sentence.slice(0, 1).toUpperCase()}${sentence.slice(1)}`;
  return `${said} (os error ${-errno})`;
}
