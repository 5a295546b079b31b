import type { SavedDelivery } from "../testing/rehearse/rehearse.ts";
import { bytesOf, inside, textOf } from "./input.ts";

/** Reads one saved delivery: `headers`, a `Name: value` on each line, and `body`, byte for byte. */
export async function savedDelivery(folder: string, name: string): Promise<SavedDelivery> {
  const [text, body] = [await textOf(inside(folder, name, "headers")), await bytesOf(inside(folder, name, "body"))];
  return { name, headers: headersOf(text), body };
}

/** Lines without a colon, such as the request line, are passed over. */
function headersOf(text: string): [string, string][] {
  return text.split("\n").flatMap((line): [string, string][] => {
    const colon = line.indexOf(":");
    return colon < 0 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]];
  });
}
