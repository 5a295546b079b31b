import { acceptor } from "./accept.ts";
import type { AdapterOptions, DeliveryTargetSource } from "./types.ts";
import { undecodableError } from "./read.ts";

export type { AdapterOptions, DeliveryTarget, DeliveryTargetSource } from "./types.ts";

/** The parts of an HTTP event of API Gateway (1.0 and 2.0), a function URL or a load balancer that are looked at. */
export interface LambdaEvent {
  readonly headers?: Readonly<Record<string, string | undefined>> | null | undefined;
  /** Every value of every header; there with API Gateway 1.0, and a load balancer that is set to it. */
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null | undefined;
  readonly body?: string | null | undefined;
  /** Whether `body` is base64 of the bytes. */
  readonly isBase64Encoded?: boolean | undefined;
}

/** What the function answers. */
export interface LambdaResult {
  readonly statusCode: number;
  readonly headers: { readonly "content-type": string };
  readonly body: string;
  readonly isBase64Encoded: false;
}

/**
 * A handler for AWS Lambda: `export const handler = lambdaHandler(receiver)`. The context of handlers is `[event, context]`.
 * @throws TypeError for an event that is no HTTP request, such as one of SQS: an answer would count it as handled
 */
export function lambdaHandler(
  target: DeliveryTargetSource,
  options?: AdapterOptions,
): (event: LambdaEvent, ...rest: unknown[]) => Promise<LambdaResult> {
  const accept = acceptor(target, options);
  return async (event, ...rest) => {
    if (typeof event !== "object" || event === null || !("headers" in event || "multiValueHeaders" in event)) {
      throw new TypeError("lambdaHandler: the event is no HTTP request: it has neither `headers` nor `multiValueHeaders`");
    }
    const { headers, multiValueHeaders, body, isBase64Encoded } = event;
    const all = multiValueHeaders ?? headers ?? {};
    const encoding = Object.entries(all).find(([name]) => name.toLowerCase() === "content-encoding")?.[1];
    const text: unknown = body ?? "";
    // A body that is not text was already parsed; the receiver reports that.
    const chunks = typeof text === "string" ? (limit: number) => bytesOf(text, isBase64Encoded === true, limit) : { given: text };
    const { status, code } = await accept({ headers: all, encoding: encoding?.toString(), body: chunks, context: [event, ...rest] });
    return { statusCode: status, headers: { "content-type": "text/plain" }, body: code ?? "", isBase64Encoded: false };
  };
}

async function* bytesOf(body: string, isBase64: boolean, maxBodyBytes: number): AsyncGenerator<Uint8Array | string> {
  // Base64 that is far too long is not decoded: passed on as it is, it is refused for its length.
  if (!isBase64 || body.length > maxBodyBytes * 2) return void (yield body);
  let text: string;
  try {
    text = atob(body);
  } catch {
    throw undecodableError("malformed base64");
  }
  yield Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
