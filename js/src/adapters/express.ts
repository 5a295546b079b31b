import { acceptor, type AdapterOptions, type TargetSource } from "./accept.ts";
import { incoming, reply, type NodeRequest, type NodeResponse } from "./node.ts";

export type { AdapterOptions, Target, TargetSource } from "./accept.ts";

/** The parts of Express's request that are looked at. */
export interface ExpressRequest extends NodeRequest {
  /** What a parser made of the body, if one was before us. */
  readonly body?: unknown;
}

/**
 * A route handler for Express: `app.post("/webhooks", expressHandler(receiver))`, before `app.use(express.json())`. It
 * reads the body itself, and takes the bytes of `express.raw()` too. The context of handlers is `[request, response, next]`.
 */
export function expressHandler(
  target: TargetSource,
  options?: AdapterOptions,
): (request: ExpressRequest, response: NodeResponse, ...rest: unknown[]) => Promise<void> {
  const accept = acceptor(target, options);
  return async (request, response, ...rest) =>
    reply(response, await accept(incoming(request, request.body, [request, response, ...rest])));
}
