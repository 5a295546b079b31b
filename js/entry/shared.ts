// What the entries have in common, in one file: each file more costs an import about a millisecond.
export * from "../boot.ts";
export * from "../bytes.ts";
export * from "../core.ts";
export * as glue from "../core_bg.js";
export * from "../errors.ts";
export * from "../headers.ts";
export * from "../receiver.ts";
export * from "../replay.ts";
