/** js/unpack.wat, compiled, as bytes: quicker than text when nothing is compiled yet. */
export const unpacker: readonly number[];
