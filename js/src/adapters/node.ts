import { acceptor, type Incoming } from "./accept.ts";
import type { AdapterOptions, DeliveryTargetSource } from "./types.ts";

export type { AdapterOptions, DeliveryTarget, DeliveryTargetSource } from "./types.ts";

/** The parts of Node's `IncomingMessage` that are looked at. */
export interface NodeRequest extends AsyncIterable<Uint8Array | string> {
  readonly rawHeaders: readonly string[];
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Whether its body was read before. */
  readonly readableDidRead?: boolean;
  /** The bytes as they came, where a framework keeps them: Google's functions, NestJS, `express.json({ verify })`. */
  readonly rawBody?: unknown;
  resume?(): unknown;
  iterator?(options: { destroyOnReturn: boolean }): AsyncIterable<Uint8Array | string>;
}

/** The parts of Node's `ServerResponse` that are used. */
export interface NodeResponse {
  statusCode: number;
  end(text?: string): unknown;
}

/** A request listener for node:http and node:https. The context of handlers is `[request, response]`. */
export function nodeHandler(
  target: DeliveryTargetSource,
  options?: AdapterOptions,
): (request: NodeRequest, response: NodeResponse, ...rest: unknown[]) => Promise<void> {
  return listener(target, options, () => undefined);
}

/** @internal A listener that asks `givenOf` what middleware made of the body. */
export function listener<Request extends NodeRequest>(
  target: DeliveryTargetSource,
  options: AdapterOptions | undefined,
  givenOf: (request: Request) => unknown,
): (request: Request, response: NodeResponse, ...rest: unknown[]) => Promise<void> {
  const accept = acceptor(target, options);
  return async (request, response, ...rest) => {
    const { status, code } = await accept(incoming(request, givenOf(request), [request, response, ...rest]));
    response.statusCode = status;
    response.end(code ?? undefined);
  };
}

/**
 * @internal What is to be accepted of a Node request. `given` is what middleware that ran before us made of its body: bytes are
 * taken as they are, and it counts only if it read the request, since some parsers leave an empty object where they read
 * nothing.
 */
export function incoming(request: NodeRequest, given: unknown, context: readonly unknown[]): Incoming {
  const { rawHeaders, headers, rawBody, readableDidRead = given !== undefined } = request;
  // What kept the bytes also undid their compression.
  const isKept = rawBody instanceof Uint8Array || typeof rawBody === "string";
  const body = isKept ? { given: rawBody } : readableDidRead ? { given } : draining(request);
  const encoding = isKept ? undefined : (headers["content-encoding"] as string | undefined);
  // Requests that are made up for a function have parsed headers only.
  return { headers: rawHeaders?.length > 0 ? rawHeaders : headers, encoding, body, context };
}

/** What Node's streams can do beside being iterated over. */
type NodeStream = AsyncIterable<Uint8Array | string> & Pick<NodeRequest, "iterator" | "resume">;

/**
 * @internal The chunks of a request. One that is too large leaves the connection open, and its rest is thrown away, so that the
 * sender gets to read the answer and to use the connection again; but only when the iteration has ended: before that,
 * resuming has no effect.
 */
export async function* draining(stream: NodeStream): AsyncGenerator<Uint8Array | string> {
  try {
    yield* stream.iterator?.({ destroyOnReturn: false }) ?? stream;
  } finally {
    stream.resume?.();
  }
}
