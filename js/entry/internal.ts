// What the tests of this repository look into. No part of the package's interface, and not exported by its manifest.
// With the interface beside it, so that the build makes one file of what all entries share.
export * from "../index.ts";
export { core } from "../core.ts";
export { codes } from "../tools.ts";
export * as glue from "../core_bg.js";
export * as toolsGlue from "../tools_bg.js";
