/** The module, one character a byte. */
export const coreBytes: string;
