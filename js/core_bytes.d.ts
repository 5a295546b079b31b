/** The module, in base64. */
export const coreBytes: string;
