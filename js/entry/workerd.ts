// Cloudflare's workerd: it refuses to compile bytes and hands over modules instead.
import { core } from "../core.ts";
import module from "../core_bg.wasm";

core.boot(module);

export * from "../index.ts";
