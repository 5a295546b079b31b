/** The module, packed; generated when the package is built. */
export const coreBytes: import("./packing.ts").Packed;
/** js/unpack.wat in base64. */
export const unpacker: string;
