/** The module, packed; generated when the package is built. */
export const toolsBytes: import("./packing.ts").Packed;
