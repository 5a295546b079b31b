/** The functions of the tools, as wasm-bindgen generates them from `wasm/src/tools.rs`. */
import type { Detection } from "./detect.ts";
import type { Drift } from "./drift.ts";
import type { RegistryProblem } from "./registry.ts";

/** What `detect` finds; each profile is JSON text. */
export type Detected = Omit<Detection, "profiles"> & {
  readonly profiles: readonly (Omit<Detection["profiles"][number], "profile"> & { readonly profile: string })[];
};

/** What a command found. With a problem, all else is empty. */
export interface Ran {
  readonly isYes: boolean;
  /** For standard output. */
  readonly text: string;
  /** Lines for standard error. */
  readonly remarks: readonly string[];
  /** JSON text: what `--json` prints in place of the text. */
  readonly json: string;
  readonly problem: string | null;
}

export function detect(options: { secrets: readonly string[] }, headers: string, body: Uint8Array, now: number): Detected;
export function changelog(registry: string | undefined): string;
export function check_registry(registry: string): RegistryProblem[];
export function open_watch(shapes: string): number;
export function observe(watch: number, type: string, version: string | undefined, json: string): Drift[];
export function shapes(watch: number): string;
export function command(json: string, body: Uint8Array): Ran;

export function __wbg_set_wasm(exports: WebAssembly.Exports): void;
