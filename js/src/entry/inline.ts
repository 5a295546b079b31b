// Default entry: the module's bytes are inside the JavaScript, so there is no file to lose, fetch or permit.
import { bytesOfBase64 } from "../base64.ts";
import { base64 } from "../core_bytes.js";
import { load } from "../loader.ts";

load(new WebAssembly.Module(bytesOfBase64(base64)));

export * from "../index.ts";
