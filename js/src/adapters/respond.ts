import { acceptor } from "./accept.ts";
import { chunksOf } from "./read.ts";
import type { AdapterOptions, DeliveryTargetSource } from "./types.ts";

/** Answers Fetch requests; what handlers get as their context is passed beside the request. */
export function fetchResponder(
  target: DeliveryTargetSource,
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
