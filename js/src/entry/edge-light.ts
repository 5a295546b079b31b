// Vercel's and Next's edge: the same, by a query that their bundlers know.
import module from "../core_bg.wasm?module";
import { load } from "../loader.ts";

load(module);

export * from "../index.ts";
