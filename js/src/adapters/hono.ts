import type { AdapterOptions, Target } from "./accept.ts";
import { fetchHandler } from "./fetch.ts";

export type { AdapterOptions, Target } from "./accept.ts";

/** The part of Hono's context that is looked at. */
export interface HonoContext {
  readonly req: { readonly raw: Request };
}

/** A handler for Hono: `app.post("/webhooks", honoHandler(receiver))`. */
export function honoHandler(target: Target, options?: AdapterOptions): (context: HonoContext) => Promise<Response> {
  const handler = fetchHandler(target, options);
  return ({ req }) => handler(req.raw);
}
