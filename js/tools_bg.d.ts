/** The generated glue of the tools, as the files here use it. A test compares these names with the generated ones. */
type Answer<Value> = import("./boot.ts").Answer<Value>;

export type CodeRow = readonly [code: string, fault: string, sentence: string];

export function detect_profile(headers: string, body: Uint8Array, secrets: string, now: number): Answer<import("./detect.ts").Detection>;
export function registry_changelog(registry: string): Answer<string>;
export function codes(): readonly CodeRow[];
export function body_refused(found: string): Answer<never>;

export function __wbg_set_wasm(exports: WebAssembly.Exports): void;
