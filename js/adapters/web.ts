import type { Receiver } from "../receiver.ts";
import type { Delivery, Received } from "../types.ts";
import { answer } from "./answer.ts";
import { MAX_BODY_BYTES, chunksOf, readBody } from "./read.ts";

/** Something that takes deliveries: a receiver with a handler, or a router. */
export type Target = { route(delivery: Delivery): Promise<unknown> };

/** Settings of an adapter. */
export interface AdapterOptions {
  /** Told of every refusal and of whatever a handler throws. Default: nobody. */
  readonly onError?: (thrown: unknown) => unknown;
  /** Largest body that is read, in bytes. Default: 1048576. A receiver has a limit of its own. */
  readonly maxBodyBytes?: number;
}

/** A target from a receiver and one handler for all events. */
export function handle(receiver: Receiver, handler: (received: Received) => unknown): Target {
  return { route: (delivery) => receiver.process(delivery, async (received) => handler(received)) };
}

/** A handler of Fetch requests: Workers, Deno, Bun, Hono's `c.req.raw`, Next routes. */
export function webHandler(
  target: Target,
  { onError = () => {}, maxBodyBytes = MAX_BODY_BYTES }: AdapterOptions = {},
): (request: Request) => Promise<Response> {
  return async (request) => {
    const act = async (): Promise<unknown> => {
      // A body that was read before is gone: the core then says which middleware to move.
      const body: unknown = request.bodyUsed ? request : await readBody(chunksOf(request.body), maxBodyBytes);
      return target.route({ headers: request.headers, body: body as Uint8Array });
    };
    const { status, code } = await answer(act, onError);
    return new Response(code, { status });
  };
}
