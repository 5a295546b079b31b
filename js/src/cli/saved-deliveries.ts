import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { SavedDelivery } from "../testing/rehearse/rehearse.ts";

/** The names of the saved deliveries in a folder, sorted: its sub-folders, but those whose name begins with a dot. */
export async function savedNames(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => name)
    .sort();
}

/** Reads one saved delivery: `headers`, a `Name: value` on each line, and `body`, byte for byte. */
export async function savedDelivery(folder: string, name: string): Promise<SavedDelivery> {
  const [text, body] = await Promise.all([readFile(join(folder, name, "headers"), "utf8"), readFile(join(folder, name, "body"))]);
  return { name, headers: headersOf(text), body };
}

/** Lines without a colon, such as the request line, are passed over. */
function headersOf(text: string): [string, string][] {
  return text.split("\n").flatMap((line): [string, string][] => {
    const colon = line.indexOf(":");
    return colon < 0 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]];
  });
}
