// Default entry: the module's bytes are inside the JavaScript, so there is no file to lose, fetch or permit.
import { core } from "../core.ts";
import { coreBytes } from "../core_bytes.js";
import { unpack } from "../packing.ts";

core.bootParts((part) => new WebAssembly.Module(unpack(coreBytes, part)));

export * from "../index.ts";
