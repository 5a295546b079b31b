/** The generated glue, as the files here use it. A test compares these names with the generated ones. */

export interface CoreDelivery {
  keyId: string;
  timestamp: number;
  readonly kind?: string | undefined;
  readonly id?: string | undefined;
  readonly receivedVersion?: string | undefined;
  readonly deliveredVersion?: string | undefined;
  readonly standing: import("./types.ts").Standing;
  readonly applied: readonly string[];
  readonly losses: readonly import("./types.ts").Loss[];
  time: unknown;
  data: unknown;
}

export interface CoreDiagnosis {
  readonly error: import("./errors.ts").Failure | null;
  readonly causes: readonly { readonly code: string; readonly message: string }[];
  readonly hashes: number;
}

export function ask(question: number, receiver: number, text: Uint8Array, body: Uint8Array, figure: number, byHost: boolean): number;
export function verify(receiver: number, valueLength: number, roomLength: number, bytes: Uint8Array, now: number, byHost: boolean): number;

export function __wbg_set_wasm(exports: WebAssembly.Exports): void;
