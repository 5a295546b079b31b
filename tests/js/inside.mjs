// What tests look into, of the installed package: the core of the slim entry, since the default entry shows its own to nobody.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createReceiver, initSync } from "mambo-webhooks/slim";

export const folder = join(process.cwd(), "node_modules/mambo-webhooks/dist");
initSync(readFileSync(join(folder, "core_bg.wasm")));
await import("mambo-webhooks/tools");
export const { ask, codes, core, glue, toolsGlue } = await import(join(folder, "entry/internal.js"));
export { createReceiver };
