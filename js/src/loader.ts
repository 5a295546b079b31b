// Loads the core, and replaces it when a defect stops it. Nothing else here knows WebAssembly.
import * as glue from "./core_bg.js";
import { WebhookError, webhookError, type Failure } from "./errors.ts";

let module: WebAssembly.Module | undefined;
/** The exports of the running instance, if there is one. */
let exports: WebAssembly.Exports | undefined;
let instances = 0;

/** Sets the compiled module. Each entry calls it once, at import; the core is instantiated by the first call into it. */
export function load(compiled: WebAssembly.Module): void {
  discard();
  module = compiled;
}

/** The number of the running instance. What an earlier one held is gone. */
export function instance(): number {
  return instances;
}

/**
 * Calls functions of the core. A failure that one throws becomes a WebhookError.
 * @throws WebhookError `core_trapped` when the core stops, which is a defect; the next call gets a new instance
 */
export function callCore<Result>(act: () => Result): Result {
  ensureLoaded();
  try {
    return act();
  } catch (thrown) {
    if (isFailure(thrown)) throw new WebhookError(thrown);
    // wasm-bindgen's glue refuses a value of a wrong type before the core sees it.
    if (thrown instanceof TypeError) throw thrown;
    discard();
    throw because(webhookError("core_trapped"), thrown);
  }
}

function ensureLoaded(): void {
  if (exports !== undefined) return;
  if (module === undefined) throw webhookError("core_missing", { problem: "no entry file was imported" });
  try {
    // The glue's functions are what the module imports.
    const imports = { "./core_bg.js": glue as unknown as WebAssembly.ModuleImports };
    exports = new WebAssembly.Instance(module, imports).exports;
    glue.__wbg_set_wasm(exports);
    (exports["__wbindgen_start"] as () => void)();
  } catch (cause) {
    discard();
    throw because(webhookError("core_missing", { problem: "it could not be started" }), cause);
  }
}

/**
 * Drops the running instance. Its memory is wiped, since it held secrets, and detached, since the glue keeps a view of it
 * until the view has no bytes.
 */
function discard(): void {
  instances += 1;
  const memory = exports?.["memory"] as WebAssembly.Memory | undefined;
  exports = undefined;
  if (memory === undefined) return;
  new Uint8Array(memory.buffer).fill(0);
  memory.grow(0);
}

/** Returns whether the core threw this: a plain object, not an error of JavaScript or WebAssembly. */
function isFailure(thrown: unknown): thrown is Failure {
  return typeof thrown === "object" && thrown !== null && !(thrown instanceof Error) && "code" in thrown && "fault" in thrown;
}

function because(error: WebhookError, cause: unknown): WebhookError {
  return Object.assign(error, { cause });
}
