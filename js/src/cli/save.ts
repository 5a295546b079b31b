// A folder of saved deliveries.
import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { inside, problemWith } from "./input.ts";

/** A folder that holds a folder for each delivery, with the files `headers` and `body`. */
export interface Folder {
  /** Saves a delivery. `word` becomes part of its name. */
  save(word: string, headers: string, body: Uint8Array): Promise<void>;
}

/** Makes the folder if it is not there. Deliveries that it holds are kept. */
export async function openFolder(path: string): Promise<Folder> {
  let count = 0;
  try {
    await makeFolder(path);
    for (const name of await readdir(path)) count = Math.max(count, numberOf(name));
  } catch (thrown) {
    throw problemWith(path, thrown);
  }
  return {
    async save(word, headers, body) {
      let folder = path;
      try {
        do {
          count += 1;
          folder = inside(path, `${String(count).padStart(4, "0")}-${word.replaceAll(/[^\w]/g, "").slice(0, MAX_WORD_LENGTH)}`);
        } while (!(await isMade(folder)));
        await writeFile(inside(folder, "headers"), headers);
        await writeFile(inside(folder, "body"), body);
      } catch (thrown) {
        throw problemWith(folder, thrown);
      }
    },
  };
}

/** A file system takes 255 bytes for a name, and an event type may have more. */
const MAX_WORD_LENGTH = 100;

/** Makes a folder that other users of the machine cannot read; false if another listener made it first. */
async function isMade(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { mode: 0o700 });
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === "EEXIST") return false;
    throw thrown;
  }
}

/** The number that a name begins with; 0 without one. */
function numberOf(name: string): number {
  const number = Number(/^\d+(?=-|$)/.exec(name)?.[0] ?? 0);
  return Number.isSafeInteger(number) ? number : 0;
}

/** Makes a folder and those above it. Node's option `recursive` does not end where the system refuses, as in /proc. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (thrown) {
    const code = codeOf(thrown);
    if (code === "EEXIST" && (await stat(path)).isDirectory()) return;
    if (code !== "ENOENT" || dirname(path) === path) throw thrown;
    await makeFolder(dirname(path));
    await mkdir(path);
  }
}

function codeOf(thrown: unknown): unknown {
  return (thrown as { code?: unknown }).code;
}
