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
  return async ({ raw, headers, body }, reply) => {
    const { status, code } = isChunks(body)
      ? await accept(target, { headers: raw.rawHeaders, encoding: headers["content-encoding"] as string | undefined, body: draining(body) }, options)
      : await acceptNode(target, raw, body ?? undefined, options);
    return reply.code(status).send(code ?? "");
  };
}

function isChunks(body: unknown): body is AsyncIterable<Uint8Array | string> {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}
