// Vercel's and Next's edge: the same, by a query that their bundlers know.
import { core } from "../core.ts";
import module from "../core_bg.wasm?module";

core.boot(module);

export * from "../index.ts";
