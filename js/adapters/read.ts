import { WebhookError } from "../errors.ts";

/** Largest body that an adapter reads, in bytes, unless it is told otherwise. */
export const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Reads a body, and no further than it may be long.
 * @throws WebhookError `body_too_large`
 */
export async function readBody(chunks: AsyncIterable<Uint8Array | string>, maxBodyBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const part = typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
    length += part.length;
    if (length > maxBodyBytes) {
      const message = `body is over ${maxBodyBytes} bytes, allowed ${maxBodyBytes}`;
      throw new WebhookError({ code: "body_too_large", fault: "peer", message });
    }
    parts.push(part);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The chunks of a web stream, by its reader: not every runtime can iterate over one. */
export async function* chunksOf(stream: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  if (stream === null) return;
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
