import * as glue from "./core_bg.js";

let core: WebAssembly.Module | undefined;
let memory: WebAssembly.Memory | undefined;
let instances = 0;

/** Starts the core from its compiled module. Called once by each entry file, at import. */
export function boot(module: WebAssembly.Module): void {
  core = module;
  restart();
}

/** Starts a new instance: at first, and after a trap, which leaves the old one in an unknown state. */
export function restart(): void {
  if (core === undefined) throw new Error("mambo-webhooks: no entry file was imported, so the core is not there");
  forget();
  // The glue's namespace is itself the import object of the module, whatever realm the module comes from.
  const instance = new WebAssembly.Instance(core, { "./core_bg.js": { ...glue } });
  glue.__wbg_set_wasm(instance.exports);
  memory = instance.exports["memory"] as WebAssembly.Memory;
  const start = instance.exports["__wbindgen_start"];
  if (typeof start === "function") start();
  instances += 1;
}

/** The number of the running instance: what was made by an earlier one is gone. */
export function instance(): number {
  return instances;
}

/** Wipes the memory of the instance that stopped, and detaches it: the glue keeps a view of it until it is gone. */
function forget(): void {
  if (memory === undefined) return;
  new Uint8Array(memory.buffer).fill(0);
  memory.grow(0);
}
