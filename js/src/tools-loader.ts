// The tools' module: what a person runs. Receivers do without it.
import * as glue from "./tools_bg.js";
import { WasmModule } from "./wasm-module.ts";

/** The tools. Each of their entries loads the module. */
export const tools = new WasmModule(glue, "./tools_bg.js");
