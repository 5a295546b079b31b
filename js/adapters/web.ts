import type { Receiver } from "../receiver.ts";
import type { Delivery, Received } from "../types.ts";
import { answer } from "./answer.ts";

/** Something that takes deliveries: a receiver with a handler, or a router. */
export type Target = { route(delivery: Delivery): Promise<unknown> };

/** Settings of an adapter. */
export interface AdapterOptions {
  /** Told of every refusal and of whatever a handler throws. Default: nobody. */
  readonly onError?: (thrown: unknown) => void;
}

/** A target from a receiver and one handler for all events. */
export function handle(receiver: Receiver, handler: (received: Received) => unknown): Target {
  return { route: (delivery) => receiver.process(delivery, async (received) => handler(received)) };
}

/** A handler of Fetch requests: Workers, Deno, Bun, Hono's `c.req.raw`, Next routes. */
export function webHandler(target: Target, { onError = () => {} }: AdapterOptions = {}): (request: Request) => Promise<Response> {
  return async (request) => {
    // A body that was read before is gone: the core then says which middleware to move.
    const body = request.bodyUsed ? request : await request.arrayBuffer();
    const { status, code } = await answer(() => target.route({ headers: request.headers, body: body as ArrayBuffer }), onError);
    return new Response(code, { status });
  };
}
