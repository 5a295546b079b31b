import { accept, type AdapterOptions, type Answer, type Incoming, type Target } from "./accept.ts";

export type { AdapterOptions, Target } from "./accept.ts";

/** The parts of Node's `IncomingMessage` that are looked at. */
export interface NodeRequest extends AsyncIterable<Uint8Array | string> {
  readonly rawHeaders: readonly string[];
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Whether anybody read from it. */
  readonly readableDidRead?: boolean;
  resume?(): unknown;
  iterator?(options: { destroyOnReturn: boolean }): AsyncIterable<Uint8Array | string>;
}

/** The parts of Node's `ServerResponse` that are used. */
export interface NodeResponse {
  statusCode: number;
  end(text?: string): unknown;
}

/** A request listener for node:http and node:https. */
export function nodeHandler(target: Target, options?: AdapterOptions): (request: NodeRequest, response: NodeResponse) => Promise<void> {
  return async (request, response) => reply(response, await acceptNode(target, request, undefined, options));
}

/**
 * Takes a Node request. `given` is what middleware that ran before us made of its body: bytes are taken as they are,
 * and counts only if it read the request, since some parsers leave an empty object where they read nothing.
 */
export async function acceptNode(target: Target, request: NodeRequest, given: unknown, options?: AdapterOptions): Promise<Answer> {
  const { rawHeaders, headers, readableDidRead = given !== undefined } = request;
  // A body that is too large leaves the connection open, and its rest is thrown away: the sender gets to read the answer.
  const unread = (): Incoming["body"] => request.iterator?.({ destroyOnReturn: false }) ?? request;
  const body = readableDidRead ? { given } : unread();
  const answer = await accept(target, { headers: rawHeaders, encoding: headers["content-encoding"] as string | undefined, body }, options);
  request.resume?.();
  return answer;
}

/** Writes an answer. */
export function reply(response: NodeResponse, { status, code }: Answer): void {
  response.statusCode = status;
  response.end(code ?? undefined);
}
