// Default entry: the module's bytes are inside the JavaScript, so there is no file to lose, fetch or permit.
import { core } from "../core.ts";
import { coreBytes, coreRest } from "../core_bytes.js";
import { bytesOfHex } from "../hex.ts";
import { unpack } from "../packing.ts";

core.boot(new WebAssembly.Module(bytesOfHex(coreBytes)), () => new WebAssembly.Module(unpack(coreRest)));

export * from "../index.ts";
