// The module inside the JavaScript: what js/pack.ts makes of it when the package is built, and how it becomes bytes again.
//
// The instructions of a module are a poor text to compress: opcodes, places of locals, offsets and constants take turns, and
// each hides the repetitions of the others. So each kind of them is a stream of its own, one behind the other. The bytes of all
// streams become letters: each of the 88 most frequent bytes is one, any other two, so that compression finds the same
// repetitions as in the bytes, which base64 hides from it; and no letter needs an escape.
import { unpacker } from "./unpacker.js";

/** Printable ASCII without quotes, backslash and dollar. The first two turn a page, the others stand for bytes. */
export const LETTERS = Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)).filter((letter) => !"\"'`\\$".includes(letter));
export const PAGES = 2;

/** The streams, in order. What stands around the code; opcodes; each kind of operand; and instructions that keep theirs. */
export const STREAMS = ["before", "after", "opcodes", "alignments", "offsets", "locals", "constants", "longs", "calls", "branches", "blocks", "whole"] as const;
/** How an opcode's operands are packed: a number of one stream, an alignment and an offset, or all of it as it stands. */
const [MEMORY, WHOLE] = [1, 255];

/** By opcode, what comes behind it; 0 for nothing. */
export function operands(): Uint8Array {
  const kinds = new Uint8Array(256);
  const set = (from: number, to: number, kind: number): unknown => kinds.fill(kind, from, to + 1);
  const stream = (name: (typeof STREAMS)[number]): number => STREAMS.indexOf(name);
  set(0x02, 0x04, stream("blocks"));
  set(0x0c, 0x0d, stream("branches"));
  set(0x10, 0x10, stream("calls"));
  set(0x20, 0x22, stream("locals"));
  set(0x28, 0x3e, MEMORY);
  set(0x41, 0x41, stream("constants"));
  set(0x42, 0x42, stream("longs"));
  // Tables of branches, indirect calls, globals, memory and table instructions, floats, and those with a prefix.
  for (const [from, to] of [[0x0e, 0x0e], [0x11, 0x11], [0x1c, 0x1c], [0x23, 0x26], [0x3f, 0x40], [0x43, 0x44], [0xd0, 0xd2], [0xfc, 0xfd]] as const) set(from, to, WHOLE);
  return kinds;
}

/** Text, and what it takes to read it. */
export interface Packed {
  /** The bytes by frequency, in base64. */
  readonly order: string;
  /** How long each stream is, and how many functions the module has. */
  readonly lengths: readonly number[];
  readonly functions: number;
  readonly text: string;
}

/** Where js/unpack.wat finds its tables and the text. */
const [PLACES_AT, LETTERS_AT, KINDS_AT, BYTES_AT, TEXT_AT] = [0, 256, 512, 768, 1280];

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** The bytes. */
export function unpack({ order, lengths, functions, text }: Packed): Uint8Array<ArrayBuffer> {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(fromBase64(unpacker)));
  const memory = exports["memory"] as WebAssembly.Memory;
  // The text, and the module behind it, which is no longer than its streams and the lengths of its functions.
  const end = TEXT_AT + text.length;
  memory.grow(Math.ceil((end + text.length + functions * 3) / 65_536));
  const bytes = new Uint8Array(memory.buffer as ArrayBuffer);
  bytes.set(fromBase64(order), BYTES_AT);
  for (const [at, letter] of LETTERS.entries()) bytes[LETTERS_AT + letter.charCodeAt(0)] = at < PAGES ? 128 + at : at - PAGES;
  bytes.set(operands(), KINDS_AT);
  const places = new DataView(memory.buffer);
  let place = TEXT_AT;
  for (const [at, length] of lengths.entries()) {
    places.setUint32(PLACES_AT + at * 4, place, true);
    place += length;
  }
  new TextEncoder().encodeInto(text, bytes.subarray(TEXT_AT));
  const run = exports["unpack"] as (end: number, functions: number, before: number, after: number) => number;
  return bytes.subarray(end, run(end, functions, lengths[0]!, lengths[1]!));
}
