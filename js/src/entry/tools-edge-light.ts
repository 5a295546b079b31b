// The tools in Vercel's and Next's edge runtimes.
import module from "../tools_bg.wasm?module";
import { tools } from "../tools-loader.ts";

tools.load(module);

export * from "../tools.ts";
