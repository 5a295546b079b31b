import { tools } from "./tools.ts";
import * as glue from "./tools_bg.js";
import type { JsonDocument } from "./types.ts";

/**
 * What changed in payloads from release to release, as Markdown: of a registry document laid over the built-in one, or
 * of that alone.
 * @throws WebhookError `registry_invalid`
 */
export function changelog(registry?: JsonDocument): string {
  const document = typeof registry === "object" ? JSON.stringify(registry) : (registry ?? "");
  return tools.call(() => glue.registry_changelog(document));
}
