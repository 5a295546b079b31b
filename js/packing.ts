// The module inside the JavaScript: how what js/build/pack.ts makes of it becomes bytes again.
import { bytesOfHex } from "./hex.ts";
import { unpacker } from "./unpacker.js";

/** Text, and what it takes to read it. */
export interface Packed {
  /** The streams, one behind the other, in letters. */
  readonly text: string;
  /** How long each stream is in bytes. */
  readonly lengths: readonly number[];
  readonly functions: number;
}

/** Where js/unpack.wat wants the text; its tables are before. */
const TEXT_AT = 2048;

/** The bytes of a module. */
export function unpack({ text, lengths, functions }: Packed): Uint8Array<ArrayBuffer> {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytesOfHex(unpacker)));
  const memory = exports["memory"] as WebAssembly.Memory;
  const end = TEXT_AT + new TextEncoder().encodeInto(text, new Uint8Array(memory.buffer, TEXT_AT)).written;
  const places = new Uint32Array(memory.buffer, 0, 64);
  places.set(lengths, 32);
  let place = TEXT_AT;
  for (const [at, length] of lengths.entries()) {
    places[at] = place;
    place += length;
  }
  const run = exports["unpack"] as (end: number, functions: number) => number;
  return new Uint8Array(memory.buffer as ArrayBuffer).subarray(end, run(end, functions));
}
