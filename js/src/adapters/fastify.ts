import { acceptor } from "./accept.ts";
import type { AdapterOptions, DeliveryTargetSource } from "./types.ts";
import { draining, incoming, type NodeRequest } from "./node.ts";

export type { AdapterOptions, DeliveryTarget, DeliveryTargetSource } from "./types.ts";

/** Settings of the plugin. */
export interface FastifyOptions extends AdapterOptions {
  /** The receiver with its handlers. */
  readonly receiver: DeliveryTargetSource;
  /** The route's path. Default: `/`, below the prefix of the plugin. */
  readonly url?: string;
}

/** The parts of Fastify's request that are looked at. */
export interface FastifyRequestParts {
  readonly raw: NodeRequest;
  readonly headers: NodeRequest["headers"];
  readonly body: unknown;
  /** The bytes as they came, where a plugin such as fastify-raw-body keeps them. */
  readonly rawBody?: unknown;
}

/** The parts of Fastify's reply that are used. */
export interface FastifyReplyParts {
  code(status: number): { send(text: string): unknown };
}

/** The parts of a Fastify instance that are used. */
export interface FastifyParts {
  removeAllContentTypeParsers(): unknown;
  addContentTypeParser(type: string, parser: (request: unknown, payload: unknown) => Promise<unknown>): unknown;
  post(url: string, options: object, handler: (request: FastifyRequestParts, reply: FastifyReplyParts) => Promise<unknown>): unknown;
}

/**
 * A plugin for Fastify: `app.register(fastifyWebhooks, { receiver, url: "/webhooks" })`. Its body parsers leave the
 * bytes as they are; those of the rest of the app stay.
 */
export async function fastifyWebhooks(app: FastifyParts, { receiver, url = "/", ...options }: FastifyOptions): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", async (_request, payload) => payload);
  // fastify-raw-body reads before the handler does and does not wait for the whole body, so it is disabled for this route.
  app.post(url, { config: { rawBody: false } }, fastifyHandler(receiver, options));
}

/**
 * The handler of that route alone, for a scope whose content type parser hands over the payload or its bytes. The context
 * of handlers is `[request, reply]`.
 */
export function fastifyHandler(
  target: DeliveryTargetSource,
  options?: AdapterOptions,
): (request: FastifyRequestParts, reply: FastifyReplyParts) => Promise<unknown> {
  const accept = acceptor(target, options);
  return async (request, reply) => {
    const { raw, headers, body: parsed, rawBody } = request;
    const body = rawBody instanceof Uint8Array ? rawBody : typeof rawBody === "string" ? new TextEncoder().encode(rawBody) : parsed;
    const chunks = body instanceof Uint8Array ? [body] : isUnread(body) ? draining(body) : undefined;
    // A plugin that decompresses leaves the header as it was, and passes on another stream, or its bytes.
    const isDecoded = body instanceof Uint8Array ? !DEFLATED.includes(body[0] ?? 0) : body !== raw;
    const encoding = isDecoded ? undefined : (headers["content-encoding"] as string | undefined);
    const context = [request, reply];
    const { status, code } = await accept(
      chunks === undefined ? incoming(raw, body ?? undefined, context) : { headers: raw.rawHeaders, encoding, body: chunks, context },
    );
    return reply.code(status).send(code ?? "");
  };
}

/** How gzip and deflate begin, and JSON does not. */
const DEFLATED = [0x1f, 0x78];

/** A stream that nothing reads from yet: half of a body would look like a forged one. */
function isUnread(body: unknown): body is AsyncIterable<Uint8Array | string> {
  const isStream = typeof body === "object" && body !== null && Symbol.asyncIterator in body;
  return isStream && !("readableDidRead" in body && body.readableDidRead === true);
}
