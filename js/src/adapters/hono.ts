import type { AdapterOptions, TargetSource } from "./accept.ts";
import { responder } from "./fetch.ts";

export type { AdapterOptions, Target, TargetSource } from "./accept.ts";

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
  target: TargetSource,
  options?: AdapterOptions,
): (context: HonoContext, ...rest: unknown[]) => Promise<Response> {
  const respond = responder(target, options);
  return async (context, ...rest) => {
    const { req } = context;
    const { raw } = req;
    const isKept = raw.bodyUsed && req.arrayBuffer !== undefined;
    const request = isKept ? new Request(raw.url, { method: raw.method, headers: raw.headers, body: await req.arrayBuffer!() }) : raw;
    return respond(request, [context, ...rest]);
  };
}
