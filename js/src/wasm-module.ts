// Runs a WebAssembly module, and replaces it when a defect stops it. Nothing else here knows WebAssembly.
import { WebhookError, webhookError, type Failure } from "./errors.ts";

/** The glue that wasm-bindgen generates for a module: its functions are what the module imports. */
export interface Glue {
  __wbg_set_wasm(exports: WebAssembly.Exports): void;
}

/** A module of ours, of which one instance runs at a time. */
export class WasmModule<Functions extends Glue> {
  readonly #glue: Functions;
  /** The file of the glue, as the module names it in its imports. */
  readonly #file: string;
  #module: WebAssembly.Module | undefined;
  /** The exports of the running instance, if there is one. */
  #exports: WebAssembly.Exports | undefined;
  #instances = 0;

  constructor(glue: Functions, file: string) {
    this.#glue = glue;
    this.#file = file;
  }

  /** Sets the compiled module. Each entry calls it once, at import; the module is instantiated by the first call into it. */
  load(compiled: WebAssembly.Module): void {
    this.#discard();
    this.#module = compiled;
  }

  /** The number of the running instance. What an earlier one held is gone. */
  get instance(): number {
    return this.#instances;
  }

  /**
   * Calls functions of the module. A failure that one throws becomes a WebhookError.
   * @throws WebhookError `core_trapped` when the module stops, which is a defect; the next call gets a new instance
   */
  call<Result>(act: (glue: Functions) => Result): Result {
    this.#ensureLoaded();
    try {
      return act(this.#glue);
    } catch (thrown) {
      if (isFailure(thrown)) throw new WebhookError(thrown);
      // wasm-bindgen's glue refuses a value of a wrong type before the module sees it.
      if (thrown instanceof TypeError) throw thrown;
      this.#discard();
      throw because(webhookError("core_trapped"), thrown);
    }
  }

  #ensureLoaded(): void {
    if (this.#exports !== undefined) return;
    if (this.#module === undefined) throw webhookError("core_missing", { problem: "no entry file was imported" });
    try {
      const imports = { [this.#file]: this.#glue as unknown as WebAssembly.ModuleImports };
      this.#exports = new WebAssembly.Instance(this.#module, imports).exports;
      this.#glue.__wbg_set_wasm(this.#exports);
      (this.#exports["__wbindgen_start"] as () => void)();
    } catch (cause) {
      this.#discard();
      throw because(webhookError("core_missing", { problem: "it could not be started" }), cause);
    }
  }

  /**
   * Drops the running instance. Its memory is wiped, since it held secrets, and detached, since the glue keeps a view of it
   * until the view has no bytes.
   */
  #discard(): void {
    this.#instances += 1;
    const memory = this.#exports?.["memory"] as WebAssembly.Memory | undefined;
    this.#exports = undefined;
    if (memory === undefined) return;
    new Uint8Array(memory.buffer).fill(0);
    memory.grow(0);
  }
}

/** Returns whether the module threw this: a plain object, not an error of JavaScript or WebAssembly. */
function isFailure(thrown: unknown): thrown is Failure {
  return typeof thrown === "object" && thrown !== null && !(thrown instanceof Error) && "code" in thrown && "fault" in thrown;
}

function because(error: WebhookError, cause: unknown): WebhookError {
  return Object.assign(error, { cause });
}
