// Vercel's and Next's edge: the same, by a query that their bundlers know.
import { boot } from "../boot.ts";
import module from "../core_bg.wasm?module";

boot(module);

export * from "../index.ts";
