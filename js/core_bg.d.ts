/** The generated glue, as the files here use it. A test compares these names with the generated ones. */

export type Tagged<Value> = { readonly ok: Value } | { readonly error: import("./errors.ts").Failure };

export interface CoreDelivery {
  readonly kind?: string;
  readonly id?: string;
  readonly time?: string;
  readonly data: string;
  readonly receivedVersion?: string;
  readonly deliveredVersion?: string;
  readonly standing: import("./types.ts").Standing;
  readonly applied: readonly string[];
  readonly losses: readonly import("./types.ts").Loss[];
  readonly keyId: string;
  readonly timestamp: number;
  readonly replayKey: string;
  readonly eventKey: string;
}

export interface CoreDiagnosis {
  readonly error?: import("./errors.ts").Failure;
  readonly causes: readonly { readonly code: string; readonly message: string }[];
  readonly hashes: number;
}

export interface CoreDetection {
  readonly profiles: readonly {
    readonly profile: string;
    readonly secret: number;
    readonly encoding: "utf8" | "hex" | "base64";
    readonly timestamp: number;
    readonly isRecent: boolean;
  }[];
  readonly sightings: readonly { readonly what: string; readonly at: string }[];
}

export interface CodeRow {
  readonly code: string;
  readonly fault: string;
  readonly sentence: string;
  readonly advice: string;
}

export function receiver_open(settings: string): Tagged<number>;
export function receiver_close(number: number): void;
export function receiver_headers(number: number): string;
export function receiver_receive(number: number, headers: string, body: Uint8Array, now: number): Tagged<CoreDelivery>;

export function sign_body(profile: string, secret: string, body: Uint8Array, now: number): Tagged<string>;
export function body_refused(found: string, bytes: number, allowed: number): Tagged<never>;
export function receiver_diagnose(number: number, headers: string, body: Uint8Array, now: number): Tagged<CoreDiagnosis>;
export function detect_profile(headers: string, body: Uint8Array, secrets: string, now: number): Tagged<CoreDetection>;
export function codes(): Tagged<readonly CodeRow[]>;

export function __wbg_set_wasm(exports: WebAssembly.Exports): void;
