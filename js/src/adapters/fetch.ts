import { accept, type AdapterOptions, type Target } from "./accept.ts";
import { chunksOf } from "./read.ts";

export type { AdapterOptions, Target } from "./accept.ts";

/** A handler of Fetch requests: Workers, Deno, Bun, Next routes. */
export function fetchHandler(target: Target, options?: AdapterOptions): (request: Request) => Promise<Response> {
  return async (request) => {
    const { headers, body, bodyUsed } = request;
    // A body that was read before is gone: the core then says which middleware to move.
    const unread = bodyUsed ? { given: request } : chunksOf(body);
    const { status, code } = await accept(target, { headers, encoding: headers.get("content-encoding"), body: unread }, options);
    return new Response(code, { status });
  };
}
