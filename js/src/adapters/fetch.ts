import type { AdapterOptions, DeliveryTargetSource } from "./types.ts";
import { fetchResponder } from "./respond.ts";

export type { AdapterOptions, DeliveryTarget, DeliveryTargetSource } from "./types.ts";

/**
 * A handler of Fetch requests: Workers, Deno, Bun, Next routes. The context of handlers is what it is called with, such as
 * a Worker's `[request, env, ctx]`; the parameters of a function that makes the receiver set the type of these arguments.
 * @example
 * const makeReceiver = (_request: Request, env: Env) => createReceiver({ secret: env.MAMBO_SECRET }).onAny(handle);
 * export default { fetch: fetchHandler(makeReceiver) };
 */
export function fetchHandler<Rest extends readonly unknown[] = unknown[]>(
  target: DeliveryTargetSource<[request: Request, ...rest: Rest]>,
  options?: AdapterOptions,
): (request: Request, ...rest: Rest) => Promise<Response> {
  const respond = fetchResponder(target as DeliveryTargetSource, options);
  return (request, ...rest) => respond(request, [request, ...rest]);
}
