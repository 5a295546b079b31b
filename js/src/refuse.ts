// Refusals that are found on this side of the core, in the words of its table.
import * as glue from "./core_bg.js";
import { WebhookError, type ErrorCode } from "./errors.ts";
import { call } from "./loader.ts";

/** Refuses with a code whose sentence has no places to fill. */
export function refuse(code: Extract<ErrorCode, "delivery_replayed" | "delivery_pending" | "replay_store_full" | "handlers_missing" | "kind_unknown">): never {
  throw new WebhookError(call(glue.codes).find((row) => row.code === code)!);
}

/** Refuses a body that is no bytes; `found` says what it is. */
export function refuseParsed(found: string): never {
  throw new WebhookError(call(() => glue.body_parsed(found)));
}
