/** The parts of the module, packed; generated when the package is built. */
export const coreBytes: import("./packing.ts").Packed;
