import { acceptor, type AdapterOptions, type TargetSource } from "./accept.ts";
import { chunksOf } from "./read.ts";

export type { AdapterOptions, Target, TargetSource } from "./accept.ts";

/**
 * A handler of Fetch requests: Workers, Deno, Bun, Next routes. The context of handlers is what it is called with, such as
 * a Worker's `[request, env, ctx]`.
 */
export function fetchHandler(target: TargetSource, options?: AdapterOptions): (request: Request, ...rest: unknown[]) => Promise<Response> {
  const respond = responder(target, options);
  return (request, ...rest) => respond(request, [request, ...rest]);
}

/** Answers requests of which the context is told apart. */
export function responder(
  target: TargetSource,
  options?: AdapterOptions,
): (request: Request, context: readonly unknown[]) => Promise<Response> {
  const accept = acceptor(target, options);
  return async (request, context) => {
    const { headers, bodyUsed } = request;
    // A body that was read before is gone: the core then says which middleware to move.
    const body = bodyUsed ? { given: request } : chunksOf(request.body);
    const { status, code } = await accept({ headers, encoding: headers.get("content-encoding"), body, context });
    return new Response(code, { status });
  };
}
