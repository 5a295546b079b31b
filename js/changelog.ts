import { registryChangelog } from "./core.ts";
import type { JsonDocument } from "./types.ts";

/**
 * What changed in payloads from release to release, as Markdown: of a registry document laid over the built-in one, or
 * of that alone.
 * @throws WebhookError `registry_invalid`
 */
export function changelog(registry?: JsonDocument): string {
  return registryChangelog(typeof registry === "object" ? JSON.stringify(registry) : (registry ?? ""));
}
