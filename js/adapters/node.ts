import { answer } from "./answer.ts";
import { MAX_BODY_BYTES, readBody } from "./read.ts";
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

/** A request listener for node:http, and a route handler for Express. */
export function nodeHandler(
  target: Target,
  { onError = () => {}, maxBodyBytes = MAX_BODY_BYTES }: AdapterOptions = {},
): (request: NodeRequest, response: NodeResponse) => Promise<void> {
  return async (request, response) => {
    const act = async (): Promise<unknown> => {
      // Express's raw parser leaves bytes here; its JSON parser leaves an object, which the core refuses with advice.
      const body = request.body ?? (await readBody(request, maxBodyBytes));
      return target.route({ headers: request.rawHeaders, body: body as Uint8Array });
    };
    const { status, code } = await answer(act, onError);
    response.statusCode = status;
    response.end(code ?? undefined);
  };
}
