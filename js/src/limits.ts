/** Largest body that is looked at, in bytes, unless something else is asked for. */
export const MAX_BODY_BYTES = 1024 * 1024;
