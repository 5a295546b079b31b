/** The bytes of tools_bg.wasm in base64. Generated when the package is built. */
export const base64: string;
