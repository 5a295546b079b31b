// No module inside: the user brings it, from a file, a bundler or the network.
import { boot } from "../boot.ts";

/** Starts the core from its compiled module or its bytes: those of `mambo-webhooks/core.wasm`. */
export function initSync(source: WebAssembly.Module | BufferSource): void {
  boot(isModule(source) ? source : new WebAssembly.Module(source));
}

/** Starts the core from its module, its bytes, or the answer to a request for them. */
export async function init(source: WebAssembly.Module | BufferSource | Response | PromiseLike<Response>): Promise<void> {
  const given = await source;
  if (isResponse(given)) boot(await WebAssembly.compile(await given.arrayBuffer()));
  else boot(isModule(given) ? given : await WebAssembly.compile(given));
}

/** By tag and not by instanceof: a module may come from another realm. */
function isModule(source: unknown): source is WebAssembly.Module {
  return Object.prototype.toString.call(source) === "[object WebAssembly.Module]";
}

function isResponse(source: unknown): source is Response {
  return Object.prototype.toString.call(source) === "[object Response]";
}

export * from "../index.ts";
