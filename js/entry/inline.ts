// Default entry: the module's bytes are inside the JavaScript, so there is no file to lose, fetch or permit.
import { core } from "../core.ts";
import { coreBytes } from "../core_bytes.js";
import { unpack } from "../packing.ts";

const compiled = (part: number): WebAssembly.Module => new WebAssembly.Module(unpack(coreBytes, part));

core.boot(compiled(0), () => compiled(1));

export * from "../index.ts";
