import type { MacChoice } from "./types.ts";

/** What is used of `node:crypto`, which Node, Bun, Deno and workerd have. */
interface Crypto {
  createSecretKey(bytes: Uint8Array): object;
  createHmac(name: "sha256", key: object): Mac;
}
interface Mac {
  update(part: Uint8Array): Mac;
  digest(form: "latin1"): string;
}

/** The keys of one receiver, in the order of the core's ring. The host's own objects: nobody prints their bytes. */
export type HostKeys = readonly object[];

/** From so many bytes on the host's processor instructions outrun the core; docs/PERFORMANCE.md has the figures. */
export const HOST_FROM_BYTES = 1024;

const builtin = (globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } }).process?.getBuiltinModule;
let crypto: Crypto | undefined;
let lent: { readonly keys: HostKeys; readonly body: Uint8Array } | undefined;

/** The keys for the host's MAC; nothing where the core's is to be used, or the host has none that answers at once. */
export function hostKeys(choice: MacChoice, secret: (place: number) => Uint8Array | undefined): HostKeys | undefined {
  if (choice === "core") return undefined;
  crypto ??= builtin?.("node:crypto") as Crypto | undefined;
  if (typeof crypto?.createHmac !== "function" || typeof crypto.createSecretKey !== "function") return undefined;
  const keys: object[] = [];
  for (let bytes = secret(0); bytes !== undefined; bytes = secret(keys.length)) {
    keys.push(crypto.createSecretKey(bytes));
    bytes.fill(0);
  }
  return keys;
}

/** What the next call into the core may ask tags for. */
export function lend(keys: HostKeys, body: Uint8Array): void {
  lent = { keys, body };
}

/** Ends that. */
export function takeBack(): void {
  lent = undefined;
}

/** Called by the core: writes the tag of `front` and the body to `tag`, and says whether there is one. */
export function host_mac(place: number, front: Uint8Array, tag: Uint8Array): boolean {
  const key = lent?.keys[place];
  if (crypto === undefined || lent === undefined || key === undefined) return false;
  // As text of one byte a character, which the host makes faster than bytes.
  const made = crypto.createHmac("sha256", key).update(front).update(lent.body).digest("latin1");
  for (let at = 0; at < tag.length; at += 1) tag[at] = made.charCodeAt(at);
  return made.length === tag.length;
}
