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

/** @internal Returns a request listener. `givenOf` returns the body as earlier middleware left it. */
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
 * @internal Returns what the acceptor reads of a Node request. `given` is the body as earlier middleware left it: bytes are
 * taken as they are. `given` counts only if middleware read the request, since some parsers leave an empty object where they read
 * nothing.
 */
export function incoming(request: NodeRequest, given: unknown, context: readonly unknown[]): Incoming {
  const { rawHeaders, headers, rawBody, readableDidRead = given !== undefined } = request;
  // The framework that kept the bytes also decompressed them.
  const isKept = rawBody instanceof Uint8Array || typeof rawBody === "string";
  const body = isKept ? { given: rawBody } : readableDidRead ? { given } : draining(request);
  const encoding = isKept ? undefined : (headers["content-encoding"] as string | undefined);
  // Requests that a serverless adapter constructs have only parsed headers.
  return { headers: rawHeaders?.length > 0 ? rawHeaders : headers, encoding, body, context };
}

/** What Node's streams can do beside being iterated over. */
type NodeStream = AsyncIterable<Uint8Array | string> & Pick<NodeRequest, "iterator" | "resume">;

/**
 * @internal Yields the chunks of a request. If the body is too large, the connection stays open and the rest is discarded, so that the
 * sender can read the response and reuse the connection. The rest is discarded only after the iteration ends: before that,
 * resuming has no effect.
 */
export async function* draining(stream: NodeStream): AsyncGenerator<Uint8Array | string> {
  try {
    yield* stream.iterator?.({ destroyOnReturn: false }) ?? stream;
  } finally {
    stream.resume?.();
  }
}
