// What a person hands over: pasted text, or files, as headers and bytes.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Headers as pairs, from lines of a request, of curl's output, or of a list. */
export function headersOf(text) {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/^[<>]\s/, "").trim());
  const pairs = lines.map((line) => /^([\w!#$%&'*+.^`|~-]+):\s*(.*)$/.exec(line)).filter((found) => found !== null);
  return pairs.map(([, name, value]) => [name.toLowerCase(), value]);
}

/** A captured request, taken apart: what is before the first empty line, and the bytes behind it. */
export function requestOf(bytes) {
  for (let at = 0; at < bytes.length; at += 1) {
    if (bytes[at] !== 10) continue;
    const next = bytes[at + 1] === 13 ? at + 2 : at + 1;
    if (bytes[next] === 10) return { headers: decoder.decode(bytes.subarray(0, at)), body: bytes.subarray(next + 1) };
  }
  return { headers: decoder.decode(bytes), body: new Uint8Array() };
}

/** Pasted text that is a whole request, taken apart; nothing for headers alone. */
export function pastedRequest(text) {
  const { headers, body } = requestOf(encoder.encode(text));
  return body.length > 0 && headersOf(headers).length > 0 ? { headers, body: decoder.decode(body) } : undefined;
}

export const bytesOf = (text) => encoder.encode(text);
export const textOf = (bytes) => decoder.decode(bytes);
