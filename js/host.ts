/** What is used of `node:crypto`, which Node, Bun, Deno and workerd have; `hash` in newer releases only. */
interface Crypto {
  createHmac(name: "sha256", key: object): Hmac;
  createSecretKey(bytes: Uint8Array): object;
  hash?(name: "sha256", bytes: Uint8Array, form: "latin1"): string;
}
interface Hmac {
  update(part: Uint8Array): Hmac;
  digest(form: "latin1"): string;
}

/** A key of the core's ring, as the host takes it. */
interface HostKey {
  /** An object of the host's own: nobody prints its bytes. */
  readonly object: object;
  /** HMAC's inner block of the key, where the host can hash in one go. */
  readonly block: Uint8Array | undefined;
}

/** The keys of one receiver, in the order of the core's ring. */
export type HostKeys = readonly HostKey[];

/** From so many bytes on the host's processor instructions outrun the core; docs/PERFORMANCE.md has the figures. */
export const HOST_FROM_BYTES = 512;

/** Up to here it is faster to copy a body into one text with its key block than to make an HMAC object for it. */
const ONE_GO_BYTES = 32_768;
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;

let crypto: Crypto | undefined;
let scratch: Uint8Array | undefined;
let lent: { readonly keys: HostKeys; readonly body: Uint8Array; readonly front: () => Uint8Array } | undefined;

/** A module of the host's own, where there is one of that name and it can be had at once. */
function builtin(name: string): unknown {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  return typeof process?.getBuiltinModule === "function" ? process.getBuiltinModule(name) : undefined;
}

let taken: HostKey[] = [];

/** The keys for the host's MAC, which `lendKeys` has the core hand over; nothing where the host has none that answers at once. */
export function hostKeys(lendKeys: () => unknown): HostKeys | undefined {
  crypto ??= builtin("node:crypto") as Crypto | undefined;
  if (typeof crypto?.createHmac !== "function" || typeof crypto.createSecretKey !== "function") return undefined;
  taken = [];
  lendKeys();
  const keys = taken;
  taken = [];
  return keys;
}

// What is thrown through the core stops it, whatever it is: by its type, it must not look like a refusal of the glue's.

/** Called by the core, for one key after the other; both are views of its memory. */
export function host_key(secret: Uint8Array, block: Uint8Array): void {
  try {
    if (crypto !== undefined) taken.push({ object: crypto.createSecretKey(secret), block: typeof crypto.hash === "function" ? block.slice() : undefined });
  } catch (cause) {
    throw new Error("the host refused a key", { cause });
  }
}

/** What the next call into the core may ask a digest of, and where the core then has what stands in front of it. */
export function lend(keys: HostKeys, body: Uint8Array, front: () => Uint8Array): void {
  lent = { keys, body, front };
}

/** Ends that. */
export function takeBack(): void {
  lent = undefined;
}

/**
 * Called by the core: makes a digest of the first `length` bytes of the front and the body, and leaves it where the front
 * was. Says which: 0 none, 1 the tag, 2 its inner digest.
 */
export function host_mac(place: number, length: number): number {
  try {
    return digested(place, length);
  } catch (cause) {
    throw new Error("the host's MAC failed", { cause });
  }
}

function digested(place: number, length: number): number {
  const key = lent?.keys[place];
  if (crypto === undefined || lent === undefined || key === undefined) return 0;
  const { body } = lent;
  const front = lent.front();
  const { hash } = crypto;
  if (hash === undefined || key.block === undefined || body.length > ONE_GO_BYTES) {
    return written(crypto.createHmac("sha256", key.object).update(front.subarray(0, length)).update(body).digest("latin1"), front, 1);
  }
  scratch ??= new Uint8Array(BLOCK_BYTES + front.length + ONE_GO_BYTES);
  scratch.set(key.block);
  for (let at = 0; at < length; at += 1) scratch[BLOCK_BYTES + at] = front[at]!;
  scratch.set(body, BLOCK_BYTES + length);
  return written(hash("sha256", scratch.subarray(0, BLOCK_BYTES + length + body.length), "latin1"), front, 2);
}

/** Text of one byte a character is what the host makes fastest. */
function written(made: string, front: Uint8Array, kind: number): number {
  for (let at = 0; at < DIGEST_BYTES; at += 1) front[at] = made.charCodeAt(at);
  return made.length === DIGEST_BYTES ? kind : 0;
}
