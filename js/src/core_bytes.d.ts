/** The bytes of core_bg.wasm in base64. Generated when the package is built. */
export const base64: string;
