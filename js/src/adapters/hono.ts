import type { AdapterOptions, Target } from "./accept.ts";
import { fetchHandler } from "./fetch.ts";

export type { AdapterOptions, Target } from "./accept.ts";

/** The part of Hono's context that is looked at. */
export interface HonoContext {
  readonly req: {
    readonly raw: Request;
    /** The body that Hono keeps when it was read before. */
    arrayBuffer?(): Promise<ArrayBuffer>;
  };
}

/** A handler for Hono: `app.post("/webhooks", honoHandler(receiver))`. */
export function honoHandler(target: Target, options?: AdapterOptions): (context: HonoContext) => Promise<Response> {
  const handler = fetchHandler(target, options);
  return async ({ req }) => {
    const { raw } = req;
    if (!raw.bodyUsed || req.arrayBuffer === undefined) return handler(raw);
    return handler(new Request(raw.url, { method: raw.method, headers: raw.headers, body: await req.arrayBuffer() }));
  };
}
