/** The core's module, as runtimes and bundlers hand it over that import `.wasm` files. */
declare const module: WebAssembly.Module;
export default module;
