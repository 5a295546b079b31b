// No module inside: the user brings it, from a file, a bundler or the network.
import { load } from "../loader.ts";

/**
 * Starts the core from its `WebAssembly.Module`, or from its bytes: those of `mambo-webhooks/core.wasm`. The type is no
 * narrower because not every project's TypeScript `lib` declares these types.
 */
export function initSync(source: object): void {
  load(isModule(source) ? source : new WebAssembly.Module(source as BufferSource));
}

/** Starts the core from its module, its bytes, or the answer to a request for them; each may be a promise. */
export async function init(source: object): Promise<void> {
  const given: object = await source;
  if (isResponse(given)) load(await WebAssembly.compile(await given.arrayBuffer()));
  else load(isModule(given) ? given : await WebAssembly.compile(given as BufferSource));
}

/** By tag and not by instanceof: a module may come from another realm. */
function isModule(source: object): source is WebAssembly.Module {
  return Object.prototype.toString.call(source) === "[object WebAssembly.Module]";
}

function isResponse(source: object): source is Response {
  return Object.prototype.toString.call(source) === "[object Response]";
}

export * from "../index.ts";
