/** js/unpack.wat in base64; generated when the package is built. */
export const unpacker: string;
