/** The functions of the core, as wasm-bindgen generates them from `wasm/src`. A test compares these names with the generated ones. */
import type { HostHash } from "./host-hash.ts";
import type { Diagnosis } from "./receiver.ts";
import type { Loss, VersionStatus } from "./types.ts";

/** What a signature proves. */
export interface Proof {
  readonly keyId: string;
  /** When the delivery was signed, in milliseconds since 1970. */
  readonly timestamp: number;
}

/** A verified delivery. Members without a value and empty lists are left out. */
export interface ReceivedByCore extends Proof {
  readonly type?: string;
  readonly id?: string;
  /** JSON text. */
  readonly time?: string;
  readonly receivedVersion?: string;
  readonly deliveredVersion?: string;
  readonly versionStatus: VersionStatus;
  readonly applied?: readonly string[];
  readonly losses?: readonly Loss[];
  /** JSON text, where a change edited the data. */
  readonly data?: string;
  /** The byte range in the body of the data as it came; `end` is exclusive. */
  readonly range: readonly [start: number, end: number];
}

export function open(settings: object): number;
export function close(receiver: number): void;
export function header_names(receiver: number): string[];
export function receive(receiver: number, headers: string, body: Uint8Array, now: number, hash: HostHash | undefined): ReceivedByCore;
export function verify(receiver: number, headers: string, body: Uint8Array, now: number, hash: HostHash | undefined): Proof;
export function diagnose(receiver: number, headers: string, body: Uint8Array, now: number): Diagnosis;
export function replay_key(receiver: number, headers: string, body: Uint8Array): string;
export function event_key(id: string | undefined, body: Uint8Array): string;
export function sign(
  options: { secret: string; profile: string | undefined },
  headers: string,
  body: Uint8Array,
  now: number,
): { readonly headers: readonly (readonly [name: string, value: string])[]; readonly value: string };

export function __wbg_set_wasm(exports: WebAssembly.Exports): void;
