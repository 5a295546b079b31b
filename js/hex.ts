/** Whoever reads hex without a loop of JavaScript, which takes long when it never ran before. */
interface Host {
  readonly Uint8Array: { readonly fromHex?: (hex: string) => Uint8Array<ArrayBuffer> };
  readonly Buffer?: { readonly from: (text: string, encoding: "hex") => Uint8Array<ArrayBuffer> };
}

/** The bytes that hex stands for. */
export function bytesOfHex(hex: string): Uint8Array<ArrayBuffer> {
  const host = globalThis as unknown as Host;
  if (host.Uint8Array.fromHex !== undefined) return host.Uint8Array.fromHex(hex);
  if (host.Buffer !== undefined) return host.Buffer.from(hex, "hex");
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16));
}
