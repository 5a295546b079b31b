// The core: what receivers run on.
import * as glue from "./core_bg.js";
import { WasmModule } from "./wasm-module.ts";

/** The core. Each entry loads it; calls go through it. */
export const core = new WasmModule(glue, "./core_bg.js");

/** Sets the core's compiled module. */
export function load(compiled: WebAssembly.Module): void {
  core.load(compiled);
}

/** The number of the core's running instance. What an earlier one held is gone. */
export function instance(): number {
  return core.instance;
}

/**
 * Calls functions of the core. A failure that one throws becomes a WebhookError.
 * @throws WebhookError `core_trapped` when the core stops, which is a defect; the next call gets a new instance
 */
export function callCore<Result>(act: () => Result): Result {
  return core.call(act);
}
