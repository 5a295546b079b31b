// Cloudflare's workerd: it refuses to compile bytes and hands over modules instead.
import { boot } from "../boot.ts";
import module from "../core_bg.wasm";

boot(module);

export * from "../index.ts";
