// Default entry: the module's bytes are inside the JavaScript, so there is no file to lose, fetch or permit.
import { base64 } from "../core_bytes.js";
import { load } from "../loader.ts";

const { Buffer } = globalThis as { Buffer?: { from(text: string, encoding: "base64"): Uint8Array<ArrayBuffer> } };
const bytes = Buffer === undefined ? Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)) : Buffer.from(base64, "base64");
load(new WebAssembly.Module(bytes));

export * from "../index.ts";
