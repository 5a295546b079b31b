import { WebhookError, type Failure } from "./errors.ts";

/** `{"ok":…}` or `{"error":…}` as JSON text, `ok` being a `Value`. */
export type Answer<Value> = string & { readonly answers?: Value };

/** What wasm-bindgen generates for a module: the functions that the module imports, and one that sets what it exports. */
interface Glue {
  __wbg_set_wasm(exports: WebAssembly.Exports): void;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A module of the package, and the instance of it that runs. */
export class Core {
  readonly #glue: Glue;
  readonly #onStop: () => void;
  #module: WebAssembly.Module | undefined;
  /** What stands in a module of its own until it is called: js/build/split.ts tells. */
  #rest: (() => WebAssembly.Module) | undefined;
  #isWhole = false;
  #exports: WebAssembly.Exports = {};
  #instances = 0;

  constructor(glue: Glue, onStop: () => void = () => {}) {
    this.#glue = glue;
    this.#onStop = onStop;
  }

  /** Starts the core from its compiled module, or the first part of it. Called once by each entry file, at import. */
  boot(module: WebAssembly.Module, rest?: () => WebAssembly.Module): void {
    let made: WebAssembly.Module | undefined;
    this.#module = module;
    this.#rest = rest && (() => (made ??= rest()));
    this.#restart();
  }

  /** The number of the running instance: what was made by an earlier one is gone. */
  get instance(): number {
    return this.#instances;
  }

  /** The value of a call into the core; its failures become a WebhookError. */
  call<Value>(act: () => Answer<Value>): Value {
    return this.opened(this.guarded(act));
  }

  /** A call into the core, made again where the first part of it was not enough. If all of it stops there, it starts again. */
  guarded<Value>(act: () => Value): Value {
    try {
      return act();
    } catch (thrown) {
      this.stopped(thrown);
    }
    return this.guarded(act);
  }

  /** The core stopped in the middle of a call, and starts again. Returns if it was not whole then, and the call can be made again. */
  stopped(thrown: unknown): void {
    this.#onStop();
    // The glue refuses values of a wrong type before the core sees them, and a call inside of this one has failed: nothing was stopped.
    if (thrown instanceof TypeError || thrown instanceof WebhookError) throw thrown;
    const wasWhole = this.#isWhole;
    this.#restart();
    this.complete();
    if (!wasWhole) return;
    const message = "the core stopped on this input and was started again";
    throw Object.assign(new WebhookError({ code: "core_trapped", fault: "library", message }), { cause: thrown });
  }

  opened<Value>(answer: Answer<Value>): Value {
    const result = JSON.parse(answer) as { readonly ok: Value } | { readonly error: Failure };
    if ("ok" in result) return result.ok;
    throw new WebhookError(result.error);
  }

  /** Has all of the core there. What calls anything but the first part calls this first; what cannot know stops, and is made again. */
  complete(): void {
    if (this.#isWhole) return;
    if (this.#rest !== undefined) new WebAssembly.Instance(this.#rest(), { ...this.#imports(), first: this.#exports as WebAssembly.ModuleImports });
    this.#isWhole = true;
    // What it does calls the host.
    const start = this.#exports["__wbindgen_start"];
    if (typeof start === "function") start();
  }

  /** The text whose place and length stand at `at` in the core's memory, once: nobody keeps what may be a whole event. */
  taken(at: number): string {
    const { buffer } = this.#memory!;
    const [place, length] = new Uint32Array(buffer, at, 2);
    const bytes = new Uint8Array(buffer, place, length);
    const text = decoder.decode(bytes);
    bytes.fill(0);
    return text;
  }

  /** Starts a new instance: at first, and after a trap, which leaves the old one in an unknown state. */
  #restart(): void {
    if (this.#module === undefined) throw new Error("mambo-webhooks: no entry file was imported, so the core is not there");
    this.#forget();
    this.#exports = new WebAssembly.Instance(this.#module, this.#imports()).exports;
    this.#glue.__wbg_set_wasm(this.#exports);
    this.#instances += 1;
    this.#isWhole = false;
    if (this.#rest === undefined) this.complete();
  }

  /**
   * The glue's namespace is itself what the module imports, whatever realm the module comes from. Each module looks for it
   * under the name of its own glue.
   */
  #imports(): WebAssembly.Imports {
    const functions = this.#glue as unknown as WebAssembly.ModuleImports;
    return { "./core_bg.js": functions, "./tools_bg.js": functions };
  }

  get #memory(): WebAssembly.Memory | undefined {
    return this.#exports["memory"] as WebAssembly.Memory | undefined;
  }

  /** Wipes the memory of the instance that stopped, and detaches it: the glue keeps a view of it until it is gone. */
  #forget(): void {
    const memory = this.#memory;
    if (memory === undefined) return;
    new Uint8Array(memory.buffer).fill(0);
    memory.grow(0);
  }
}
