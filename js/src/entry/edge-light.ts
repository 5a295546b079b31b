// Vercel's and Next's edge runtimes: their bundlers import the module by the query `?module`.
import module from "../core_bg.wasm?module";
import { load } from "../loader.ts";

load(module);

export * from "../index.ts";
