// Generated when the package is built: the parts of the module.

/** What verifies, in hex: it is read before anything else happens, so it has to be read fast. */
export const coreBytes: string;
/** All else, packed: that is smaller, and read when it is needed. */
export const coreRest: import("./packing.ts").Packed;
