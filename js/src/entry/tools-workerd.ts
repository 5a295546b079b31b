// The tools in Cloudflare's workerd.
import module from "../tools_bg.wasm";
import { tools } from "../tools-loader.ts";

tools.load(module);

export * from "../tools.ts";
