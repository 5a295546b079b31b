// The module inside the JavaScript: how what js/build/pack.ts makes of its parts becomes bytes again.
import { unpacker } from "./unpacker.js";

/** Text, and what it takes to read it. */
export interface Packed {
  /** The streams of all parts, one kind behind the other, in letters. */
  readonly text: string;
  readonly parts: readonly {
    /** Where each stream of the part starts and ends in the text. */
    readonly letters: readonly (readonly [start: number, end: number])[];
    /** How long each stream is in bytes. */
    readonly lengths: readonly number[];
    readonly functions: number;
  }[];
}

/** Where js/unpack.wat wants the text; its tables are before. */
const TEXT_AT = 2048;

/** The bytes of a part. */
export function unpack({ text, parts }: Packed, part: number): Uint8Array<ArrayBuffer> {
  const { letters, lengths, functions } = parts[part]!;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(unpacker)));
  const memory = exports["memory"] as WebAssembly.Memory;
  const encoder = new TextEncoder();
  let end = TEXT_AT;
  for (const [from, to] of letters) end += encoder.encodeInto(text.slice(from, to), new Uint8Array(memory.buffer, end)).written;
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
