import { accept, type AdapterOptions, type Target } from "./accept.ts";
import { acceptNode, draining, type NodeRequest } from "./node.ts";

export type { AdapterOptions, Target } from "./accept.ts";

/** Settings of the plugin. */
export interface FastifyOptions extends AdapterOptions {
  /** The receiver with its handlers. */
  readonly receiver: Target;
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
  post(url: string, handler: (request: FastifyRequestParts, reply: FastifyReplyParts) => Promise<unknown>): unknown;
}

/**
 * A plugin for Fastify: `app.register(fastifyWebhooks, { receiver, url: "/webhooks" })`. It has body parsers of its own
 * that leave the bytes as they are; those of the rest of the app stay.
 */
export async function fastifyWebhooks(app: FastifyParts, { receiver, url = "/", ...options }: FastifyOptions): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", async (_request, payload) => payload);
  app.post(url, fastifyHandler(receiver, options));
}

/** The handler of that route alone, for a scope whose content type parser hands over the payload or its bytes. */
export function fastifyHandler(
  target: Target,
  options?: AdapterOptions,
): (request: FastifyRequestParts, reply: FastifyReplyParts) => Promise<unknown> {
  return async ({ raw, headers, body: parsed, rawBody }, reply) => {
    const body = rawBody instanceof Uint8Array ? rawBody : typeof rawBody === "string" ? new TextEncoder().encode(rawBody) : parsed;
    const chunks = body instanceof Uint8Array ? [body] : isChunks(body) ? draining(body) : undefined;
    // A plugin that decompresses leaves the header as it was, and hands over a stream of its own, or its bytes.
    const isDecoded = body instanceof Uint8Array ? !DEFLATED.includes(body[0] ?? 0) : body !== raw;
    const encoding = isDecoded ? undefined : (headers["content-encoding"] as string | undefined);
    const { status, code } =
      chunks === undefined
        ? await acceptNode(target, raw, body ?? undefined, options)
        : await accept(target, { headers: raw.rawHeaders, encoding, body: chunks }, options);
    return reply.code(status).send(code ?? "");
  };
}

/** How gzip and deflate begin, and JSON does not. */
const DEFLATED = [0x1f, 0x78];

function isChunks(body: unknown): body is AsyncIterable<Uint8Array | string> {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}
