// Default entry: the module's bytes are inside the JavaScript, so there is no file to lose, fetch or permit.
import { core } from "../core.ts";
import { coreBytes } from "../core_bytes.js";
import { unpack } from "../packing.ts";

core.boot(new WebAssembly.Module(unpack(coreBytes)));

export * from "../index.ts";
