import type { JsonDocument } from "./types.ts";

/** @internal A document as JSON text. */
export function documentText(document: JsonDocument): string {
  return typeof document === "string" ? document : JSON.stringify(document);
}
