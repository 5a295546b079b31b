// The tools over their own module, whose bytes are inside the JavaScript.
import { bytesOfBase64 } from "../base64.ts";
import { tools } from "../tools-loader.ts";
import { base64 } from "../tools_bytes.js";

tools.load(new WebAssembly.Module(bytesOfBase64(base64)));

export * from "../tools.ts";
