// HMAC by the host: `node:crypto` of Node, Bun, Deno and workerd uses the processor's instructions for SHA-256.

/** Computes tags for the core, which calls it back. The arguments are views that are valid during the call only. */
export interface HostHmac {
  /** Writes HMAC-SHA256 of prefix and body under the secret to `to`, 32 bytes. */
  tag(secret: Uint8Array, prefix: Uint8Array, body: Uint8Array, to: Uint8Array): void;
}

/** What is used of `node:crypto`; `hash` since Node 20.12. Text of one byte a character is what Node makes fastest. */
interface Crypto {
  createHmac(name: "sha256", secret: Uint8Array): Hmac;
  hash?(name: "sha256", bytes: Uint8Array, encoding: "latin1"): string;
}
interface Hmac {
  update(part: Uint8Array): Hmac;
  digest(): Uint8Array;
}

/** SHA-256 reads blocks of this size, and HMAC's keys fill one. */
const BLOCK_BYTES = 64;
const TAG_BYTES = 32;
/** Up to here two calls of `hash` on copies are faster than an HMAC object: docs/PERFORMANCE.md. */
const ONE_SHOT_BYTES = 16_384;

let found: HostHmac | null | undefined;

/** The host's HMAC; nothing where the host has none that answers at once. */
export function hostHmac(): HostHmac | undefined {
  if (found === undefined) {
    const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => Crypto | undefined } };
    const crypto = typeof process?.getBuiltinModule === "function" ? process.getBuiltinModule("node:crypto") : undefined;
    found = typeof crypto?.createHmac === "function" ? { tag: crypto.hash === undefined ? streamed(crypto) : oneShot(crypto, crypto.hash) } : null;
  }
  return found ?? undefined;
}

function streamed({ createHmac }: Crypto): HostHmac["tag"] {
  return (secret, prefix, body, to) => to.set(createHmac("sha256", secret).update(prefix).update(body).digest());
}

/** RFC 2104: hash(key ^ opad, hash(key ^ ipad, text)), each in one call on one piece of memory. */
function oneShot(crypto: Crypto, hash: NonNullable<Crypto["hash"]>): HostHmac["tag"] {
  const stream = streamed(crypto);
  const inner = new Uint8Array(BLOCK_BYTES + ONE_SHOT_BYTES);
  const outer = new Uint8Array(BLOCK_BYTES + TAG_BYTES);
  const put = (text: string, to: Uint8Array, at: number): void => {
    for (let index = 0; index < TAG_BYTES; index += 1) to[at + index] = text.charCodeAt(index);
  };
  return (secret, prefix, body, to) => {
    const length = BLOCK_BYTES + prefix.length + body.length;
    if (length > inner.length || secret.length > BLOCK_BYTES) return stream(secret, prefix, body, to);
    inner.fill(0x36, secret.length, BLOCK_BYTES);
    outer.fill(0x5c, secret.length, BLOCK_BYTES);
    for (let at = 0; at < secret.length; at += 1) {
      inner[at] = secret[at]! ^ 0x36;
      outer[at] = secret[at]! ^ 0x5c;
    }
    inner.set(prefix, BLOCK_BYTES);
    inner.set(body, BLOCK_BYTES + prefix.length);
    put(hash("sha256", inner.subarray(0, length), "latin1"), outer, BLOCK_BYTES);
    put(hash("sha256", outer, "latin1"), to, 0);
    inner.fill(0, 0, BLOCK_BYTES);
    outer.fill(0, 0, BLOCK_BYTES);
  };
}
