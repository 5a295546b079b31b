import type { AdapterOptions, DeliveryTargetSource } from "./types.ts";
import { fetchResponder } from "./respond.ts";

export type { AdapterOptions, DeliveryTarget, DeliveryTargetSource } from "./types.ts";

/** The part of Hono's context that is looked at. */
export interface HonoContext {
  readonly req: {
    readonly raw: Request;
    /** The body that Hono keeps when it was read before. */
    arrayBuffer?(): Promise<ArrayBuffer>;
  };
}

/** A handler for Hono: `app.post("/webhooks", honoHandler(receiver))`. The context of handlers is `[c, next]`, `c` being Hono's. */
export function honoHandler(
  target: DeliveryTargetSource,
  options?: AdapterOptions,
): (context: HonoContext, ...rest: unknown[]) => Promise<Response> {
  const respond = fetchResponder(target, options);
  return async (context, ...rest) => {
    const { req } = context;
    const { raw } = req;
    const isKept = raw.bodyUsed && req.arrayBuffer !== undefined;
    const request = isKept ? new Request(raw.url, { method: raw.method, headers: raw.headers, body: await req.arrayBuffer!() }) : raw;
    return respond(request, [context, ...rest]);
  };
}
