/** The generated glue, as the files here use it. A test compares these names with the generated ones. */

type Answer<Value> = import("./boot.ts").Answer<Value>;

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

export interface CoreReceiver {
  readonly number: number;
  readonly headers: readonly string[];
  readonly keyIds: readonly string[];
}

export function receiver_open(settings: string): Answer<CoreReceiver>;
export function receiver_close(number: number): void;
export function receiver_key(number: number, place: number, asBlock: boolean): Uint8Array | undefined;
export function receiver_verify(number: number, value: Uint8Array, body: Uint8Array, now: number, byHost: boolean): number;
export function verified_place(): number;
export function receiver_outline(number: number): string | undefined;
export function receiver_unfold(number: number, headers: string, body: string): Answer<CoreDelivery>;
export function receiver_replay_key(number: number, headers: string, body: Uint8Array): string | undefined;
export function receiver_receive(number: number, headers: string, body: Uint8Array, now: number, byHost: boolean): Answer<CoreDelivery>;
export function delivery_event_key(id: string, body: Uint8Array): string;

export function sign_body(profile: string, secret: string, body: Uint8Array, now: number): Answer<string>;
export function body_refused(found: string, bytes: number, allowed: number): Answer<never>;
export function receiver_diagnose(number: number, headers: string, body: Uint8Array, now: number): Answer<CoreDiagnosis>;
export function refused(place: number): Answer<never>;

export function __wbg_set_wasm(exports: WebAssembly.Exports): void;
