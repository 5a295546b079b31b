/** js/unpack.wat, compiled, in hex. */
export const unpacker: string;
