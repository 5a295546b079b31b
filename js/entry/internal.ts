// What the tests of this repository look into. No part of the package's interface, and not exported by its manifest.
export { ask, core, glue } from "./shared.ts";
export { codes } from "../tools.ts";
export * as toolsGlue from "../tools_bg.js";
