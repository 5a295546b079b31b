import { documentText } from "./document.ts";
import { tools } from "./tools-loader.ts";
import type { JsonDocument } from "./types.ts";

/** A problem of a registry document. */
export interface RegistryProblem {
  /** Stable name of the problem. */
  readonly code: string;
  /** JSON pointer into the document. */
  readonly at: string;
  /** What is wrong. */
  readonly message: string;
  /** What to do about it; may be empty. */
  readonly hint: string;
}

/**
 * What changed in payloads from version to version, as Markdown: of a registry document laid over the built-in one, or
 * of that alone.
 * @throws WebhookError `registry_invalid`
 */
export function changelog(registry?: JsonDocument): string {
  return tools.call((glue) => glue.changelog(registry === undefined ? undefined : documentText(registry)));
}

/** Every problem of a registry document laid over the built-in one; none for one that can be used. */
export function checkRegistry(registry: JsonDocument): readonly RegistryProblem[] {
  return tools.call((glue) => glue.check_registry(documentText(registry)));
}
