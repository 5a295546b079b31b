import { WebhookError, type Failure } from "./errors.ts";

/** `{"ok":…}` or `{"error":…}` as JSON text, `ok` being a `Value`. */
export type Answer<Value> = string & { readonly answers?: Value };

/** What wasm-bindgen generates for a module: the functions that the module imports, and one that sets what it exports. */
interface Glue {
  __wbg_set_wasm(exports: WebAssembly.Exports): void;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** What the core shares, one behind the other: place and length of the answer, the front, and the room. */
const [ANSWER_BYTES, FRONT_BYTES, ROOM_BYTES] = [8, 64, 1024];

/** A module of the package, and the instance of it that runs. */
export class Core {
  readonly #glue: Glue;
  readonly #onStop: () => void;
  #module: WebAssembly.Module | undefined;
  /** What stands in a module of its own until it is needed: js/build/split.ts tells. */
  #rest: (() => WebAssembly.Module) | undefined;
  #isWhole = false;
  /** Of the instance that runs, if there is one. */
  #exports: WebAssembly.Exports | undefined;
  #instances = 0;
  /** Where the core has what it shares. Views of it lose their bytes when its memory grows. */
  #shared = 0;
  #front: Uint8Array = new Uint8Array();
  #room: Uint8Array = new Uint8Array();

  constructor(glue: Glue, onStop: () => void = () => {}) {
    this.#glue = glue;
    this.#onStop = onStop;
  }

  /** Starts the core from its compiled module, or the first part of it. Called once by each entry file, at import. */
  boot(module: WebAssembly.Module, rest?: () => WebAssembly.Module): void {
    let made: WebAssembly.Module | undefined;
    this.#forget();
    this.#module = module;
    this.#rest = rest && (() => (made ??= rest()));
    this.#start(false);
  }

  /** The number of the running instance: what was made by an earlier one is gone. */
  get instance(): number {
    return this.#instances;
  }

  /**
   * Has the core there, between calls: its first part at least. What calls more than that says so before; what cannot know
   * stops, and is made again.
   */
  need(isAll: boolean): void {
    if (this.#isWhole || (!isAll && this.#exports !== undefined)) return;
    if (this.#module === undefined) throw new Error("mambo-webhooks: no entry file was imported, so the core is not there");
    try {
      this.#start(isAll);
    } catch (cause) {
      throw trapped("the core could not be started", cause);
    }
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
    this.#forget();
    this.need(true);
    if (wasWhole) throw trapped("the core stopped on this input and was started again", thrown);
  }

  opened<Value>(answer: Answer<Value>): Value {
    const result = JSON.parse(answer) as { readonly ok: Value } | { readonly error: Failure };
    if ("ok" in result) return result.ok;
    throw new WebhookError(result.error);
  }

  /** The core's room for what is short of a delivery. It is there when something was asked of the instance that runs. */
  get room(): Uint8Array {
    if (this.#room.length === 0) this.#room = new Uint8Array(this.#memory.buffer, this.#shared + ANSWER_BYTES + FRONT_BYTES, ROOM_BYTES);
    return this.#room;
  }

  /** The same for what stands in front of a body that the host hashes, and for the digest. */
  get front(): Uint8Array {
    if (this.#front.length === 0) this.#front = new Uint8Array(this.#memory.buffer, this.#shared + ANSWER_BYTES, FRONT_BYTES);
    return this.#front;
  }

  /** The text whose place and length stand at `at` in the core's memory, once: nobody keeps what may be a whole event. */
  taken(at: number): string {
    const { buffer } = this.#memory;
    this.#shared = at;
    const [place, length] = new Uint32Array(buffer, at, 2);
    const bytes = new Uint8Array(buffer, place, length);
    const text = decoder.decode(bytes);
    bytes.fill(0);
    return text;
  }

  /** Starts an instance if none runs, and has the rest of it there if all is needed. */
  #start(isAll: boolean): void {
    // Before there is an instance: what unpacks it has a memory too.
    const rest = isAll ? this.#rest?.() : undefined;
    if (this.#exports === undefined) {
      const { exports } = new WebAssembly.Instance(this.#module!, this.#imports());
      this.#glue.__wbg_set_wasm(exports);
      this.#exports = exports;
    }
    if (this.#rest !== undefined && !isAll) return;
    if (rest !== undefined) new WebAssembly.Instance(rest, { ...this.#imports(), first: this.#exports as WebAssembly.ModuleImports });
    this.#isWhole = true;
    // What it does calls the host.
    const start = this.#exports["__wbindgen_start"];
    if (typeof start === "function") start();
  }

  /**
   * The glue's namespace is itself what the module imports, whatever realm the module comes from. Each module looks for it
   * under the name of its own glue.
   */
  #imports(): WebAssembly.Imports {
    const functions = this.#glue as unknown as WebAssembly.ModuleImports;
    return { "./core_bg.js": functions, "./tools_bg.js": functions };
  }

  get #memory(): WebAssembly.Memory {
    return this.#exports!["memory"] as WebAssembly.Memory;
  }

  /**
   * Wipes the memory of the instance that stopped, which is in an unknown state, and detaches it: the glue keeps a view of it
   * until it is gone. Nothing else keeps it, since a runtime may not have room for two.
   */
  #forget(): void {
    this.#instances += 1;
    this.#isWhole = false;
    if (this.#exports === undefined) return;
    new Uint8Array(this.#memory.buffer).fill(0);
    this.#memory.grow(0);
    this.#glue.__wbg_set_wasm({});
    this.#exports = undefined;
  }
}

function trapped(message: string, cause: unknown): WebhookError {
  return Object.assign(new WebhookError({ code: "core_trapped", fault: "library", message }), { cause });
}
