// What the tests of this repository look into. No part of the package's interface, and not exported by its manifest.
export { instance } from "../boot.ts";
export { codes } from "../core.ts";
export * as glue from "../core_bg.js";
