import type { AdapterOptions, Target } from "./accept.ts";
import { acceptNode, reply, type NodeRequest, type NodeResponse } from "./node.ts";

export type { AdapterOptions, Target } from "./accept.ts";

/** The parts of Express's request that are looked at. */
export interface ExpressRequest extends NodeRequest {
  /** What a parser made of the body, if one was before us. */
  readonly body?: unknown;
}

/**
 * A route handler for Express: `app.post("/webhooks", expressHandler(receiver))`, before `app.use(express.json())`. It
 * reads the body itself, and takes the bytes of `express.raw()` too.
 */
export function expressHandler(
  target: Target,
  options?: AdapterOptions,
): (request: ExpressRequest, response: NodeResponse) => Promise<void> {
  return async (request, response) => reply(response, await acceptNode(target, request, request.body, options));
}
