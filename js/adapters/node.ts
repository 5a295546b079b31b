import { WebhookError } from "../errors.ts";
import { answer } from "./answer.ts";
import type { AdapterOptions, Target } from "./web.ts";

/** The parts of Node's `IncomingMessage`, and of Express's request, that are looked at. */
export interface NodeRequest extends AsyncIterable<Uint8Array | string> {
  readonly rawHeaders: readonly string[];
  /** What middleware made of the body, if it was before us. */
  readonly body?: unknown;
}

/** The parts of Node's `ServerResponse` that are used. */
export interface NodeResponse {
  statusCode: number;
  end(text?: string): unknown;
}

/** Settings of the Node adapter. */
export interface NodeAdapterOptions extends AdapterOptions {
  /** Largest body that is read, in bytes. Default: 1048576. */
  readonly maxBodyBytes?: number;
}

const MAX_BODY_BYTES = 1024 * 1024;

/** A request listener for node:http, and a route handler for Express. */
export function nodeHandler(
  target: Target,
  { onError = () => {}, maxBodyBytes = MAX_BODY_BYTES }: NodeAdapterOptions = {},
): (request: NodeRequest, response: NodeResponse) => Promise<void> {
  return async (request, response) => {
    const act = async (): Promise<unknown> => {
      // Express's raw parser leaves bytes here; its JSON parser leaves an object, which the core refuses with advice.
      const body = request.body ?? (await bytes(request, maxBodyBytes));
      return target.route({ headers: request.rawHeaders, body: body as Uint8Array });
    };
    const { status, code } = await answer(act, onError);
    response.statusCode = status;
    response.end(code ?? undefined);
  };
}

/** Reads a body, and no further than it may be long. */
async function bytes(request: NodeRequest, maxBodyBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request) {
    const part = typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
    length += part.length;
    if (length > maxBodyBytes) {
      const message = `body is over ${maxBodyBytes} bytes, allowed ${maxBodyBytes}`;
      throw new WebhookError({ code: "body_too_large", fault: "peer", message });
    }
    chunks.push(part);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
