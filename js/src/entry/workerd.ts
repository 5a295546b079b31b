// Cloudflare's workerd: it refuses to compile bytes, and imports modules instead.
import module from "../core_bg.wasm";
import { load } from "../loader.ts";

load(module);

export * from "../index.ts";
