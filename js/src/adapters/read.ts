import { webhookError, type WebhookError } from "../errors.ts";

/** A body in parts, as they come or all there. */
export type Chunks = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>;

/** Room for most deliveries; more is made as it comes. */
const FIRST_BYTES = 8192;

/**
 * Reads and decompresses a body, and refuses more than `maxBodyBytes` before and after decompression.
 * @throws WebhookError `body_too_large`, `body_encoding`
 */
export async function readBody(chunks: Chunks, encoding: string | null | undefined, maxBodyBytes: number): Promise<Uint8Array> {
  const read = bounded(chunks, maxBodyBytes);
  const format = formatOf(encoding);
  let all = new Uint8Array(FIRST_BYTES);
  let length = 0;
  for await (const part of format === null ? read : bounded(decompressed(read, format), maxBodyBytes)) {
    // Copied at once: a sender of one byte a chunk would otherwise cost a hundred bytes for each.
    if (length + part.length > all.length) {
      const more = new Uint8Array(Math.max(all.length * 2, length + part.length));
      more.set(all);
      all = more;
    }
    all.set(part, length);
    length += part.length;
  }
  return all.subarray(0, length);
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

async function* bounded(chunks: Chunks, maxBodyBytes: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let length = 0;
  for await (const chunk of chunks) {
    const part = typeof chunk === "string" ? new TextEncoder().encode(chunk) : (chunk as Uint8Array<ArrayBuffer>);
    length += part.length;
    // Negated so that a limit that is not a number refuses every body, instead of none.
    if (!(length <= maxBodyBytes)) throw webhookError("body_too_large", { allowed: maxBodyBytes });
    yield part;
  }
}

function formatOf(encoding: string | null | undefined): CompressionFormat | null {
  const name = encoding?.trim().toLowerCase() ?? "";
  if (name === "" || name === "identity") return null;
  if (name === "gzip" || name === "x-gzip") return "gzip";
  if (name === "deflate") return "deflate";
  throw undecodableError("its Content-Encoding is neither gzip nor deflate");
}

/** The refusal of a body that cannot be decoded. */
export function undecodableError(problem: string): WebhookError {
  return webhookError("body_encoding", { problem });
}

async function* decompressed(chunks: AsyncIterable<Uint8Array<ArrayBuffer>>, format: CompressionFormat): AsyncGenerator<Uint8Array> {
  const { readable, writable } = new DecompressionStream(format);
  const writer = writable.getWriter();
  let failed: { readonly thrown: unknown } | undefined;
  const write = async (): Promise<void> => {
    try {
      for await (const chunk of chunks) {
        // The decoder's own errors come out at its other end too.
        if (
          await writer.write(chunk).then(
            () => false,
            () => true,
          )
        )
          return;
      }
    } catch (thrown) {
      // Errors of the connection and the size limit are rethrown unchanged; a decoder's error means a malformed body.
      failed = { thrown };
      await writer.abort(thrown);
      return;
    }
    await writer.close();
  };
  const written = write().catch(() => {});
  try {
    yield* chunksOf(readable);
  } catch {
    throw failed === undefined ? undecodableError(`malformed ${format}`) : failed.thrown;
  }
  await written;
}
