// SHA-256 by the host: `node:crypto` of Node, Bun, Deno and workerd uses the processor's instructions for it.

/** Computes digests for the core, which calls it back. The bytes are views that are valid during the call only. */
export interface HostHash {
  /** Writes the SHA-256 digest of `text`, followed by `rest` if it is given, to the 32 bytes of `to`. */
  digest(text: Uint8Array, to: Uint8Array, rest?: Uint8Array): void;
}

/** The parts of `node:crypto` that are used; `hash` exists since Node 20.12. `latin1` is the output that Node makes fastest. */
interface Crypto {
  createHash(name: "sha256"): Hash;
  hash?(name: "sha256", bytes: Uint8Array, encoding: "latin1"): string;
}
interface Hash {
  update(part: Uint8Array): Hash;
  digest(encoding: "latin1"): string;
}

let found: HostHash | null | undefined;

/** Returns the host's hash, or undefined if the host has no synchronous one. */
export function hostHash(): HostHash | undefined {
  if (found === undefined) {
    const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => Crypto | undefined } };
    const crypto = typeof process?.getBuiltinModule === "function" ? process.getBuiltinModule("node:crypto") : undefined;
    found = typeof crypto?.createHash === "function" ? { digest: digestBy(crypto) } : null;
  }
  return found ?? undefined;
}

function digestBy({ createHash, hash }: Crypto): HostHash["digest"] {
  return (text, to, rest) => {
    const digest =
      rest !== undefined
        ? createHash("sha256").update(text).update(rest).digest("latin1")
        : hash !== undefined
          ? hash("sha256", text, "latin1")
          : createHash("sha256").update(text).digest("latin1");
    for (let at = 0; at < digest.length; at += 1) to[at] = digest.charCodeAt(at);
  };
}
