import { WebhookError, type Failure } from "./errors.ts";

/** `{"ok":…}` or `{"error":…}` as JSON text, `ok` being a `Value`. */
export type Answer<Value> = string & { readonly answers?: Value };

/** What wasm-bindgen generates for a module: the functions that the module imports, and one that sets what it exports. */
interface Glue {
  __wbg_set_wasm(exports: WebAssembly.Exports): void;
}

/** A module of the package, and the instance of it that runs. */
export class Core {
  readonly #glue: Glue;
  readonly #onStop: () => void;
  /** What stands in a module of its own until it is called: js/build/split.ts tells. */
  #rest: (() => WebAssembly.Module) | undefined;
  #module: WebAssembly.Module | undefined;
  #memory: WebAssembly.Memory | undefined;
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

  /** A call into the core: if it stops there, it starts again. */
  guarded<Value>(act: () => Value): Value {
    try {
      return act();
    } catch (thrown) {
      return this.stopped(thrown);
    }
  }

  /** The core stopped in the middle of a call: it starts again. */
  stopped(thrown: unknown): never {
    this.#onStop();
    // The glue refuses values of a wrong type before the core sees them: nothing was stopped.
    if (thrown instanceof TypeError) throw thrown;
    this.#restart();
    const message = "the core stopped on this input and was started again";
    throw Object.assign(new WebhookError({ code: "core_trapped", fault: "library", message }), { cause: thrown });
  }

  opened<Value>(answer: Answer<Value>): Value {
    const result = JSON.parse(answer) as { readonly ok: Value } | { readonly error: Failure };
    if ("ok" in result) return result.ok;
    throw new WebhookError(result.error);
  }

  /** Starts a new instance: at first, and after a trap, which leaves the old one in an unknown state. */
  #restart(): void {
    if (this.#module === undefined) throw new Error("mambo-webhooks: no entry file was imported, so the core is not there");
    this.#forget();
    // The glue's namespace is itself the import object of the module, whatever realm the module comes from. Each module
    // looks for it under the name of its own glue.
    const load = (): unknown => this.#rest && new WebAssembly.Instance(this.#rest(), { first: instance.exports });
    const functions = { ...this.#glue, load } as unknown as WebAssembly.ModuleImports;
    const instance: WebAssembly.Instance = new WebAssembly.Instance(this.#module, { "./core_bg.js": functions, "./tools_bg.js": functions });
    this.#glue.__wbg_set_wasm(instance.exports);
    this.#memory = instance.exports["memory"] as WebAssembly.Memory;
    const start = instance.exports["__wbindgen_start"];
    if (typeof start === "function") start();
    this.#instances += 1;
  }

  /** Wipes the memory of the instance that stopped, and detaches it: the glue keeps a view of it until it is gone. */
  #forget(): void {
    if (this.#memory === undefined) return;
    new Uint8Array(this.#memory.buffer).fill(0);
    this.#memory.grow(0);
  }
}
