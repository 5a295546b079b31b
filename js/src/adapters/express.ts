import type { AdapterOptions, DeliveryTargetSource } from "./types.ts";
import { listener, type NodeRequest, type NodeResponse } from "./node.ts";

export type { AdapterOptions, DeliveryTarget, DeliveryTargetSource } from "./types.ts";

/** The parts of Express's request that are looked at. */
export interface ExpressRequest extends NodeRequest {
  /** The body as an earlier parser left it, if one ran. */
  readonly body?: unknown;
}

/**
 * A route handler for Express: `app.post("/webhooks", expressHandler(receiver))`, before `app.use(express.json())`. It
 * reads the body itself, and takes the bytes of `express.raw()` too. The context of handlers is `[request, response, next]`.
 */
export function expressHandler(
  target: DeliveryTargetSource,
  options?: AdapterOptions,
): (request: ExpressRequest, response: NodeResponse, ...rest: unknown[]) => Promise<void> {
  return listener(target, options, ({ body }) => body);
}
