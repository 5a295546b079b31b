// Bytes as text inside a string of JavaScript. Each of the 88 most frequent bytes is one letter, any other is two, so that
// compression finds the same repetitions as in the bytes, which base64 hides from it; and no letter needs an escape.
import { unpacker } from "./core_bytes.js";

/** Printable ASCII without quotes, backslash and dollar. The first two turn a page, the others stand for bytes. */
const LETTERS = Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)).filter((letter) => !"\"'`\\$".includes(letter));
const PAGES = 2;
const PAGE_BYTES = LETTERS.length - PAGES;
/** Where js/unpack.wat finds its tables and the text. */
const [LETTERS_AT, TEXT_AT] = [256, 384];

/** Text, and the bytes by frequency in hex, without which it means nothing. */
export interface Packed {
  readonly order: string;
  readonly text: string;
}

/** Run when the package is built, and never after. */
export function pack(bytes: Uint8Array): Packed {
  const counts = new Array<number>(256).fill(0);
  for (const byte of bytes) counts[byte]! += 1;
  const order = [...counts.keys()].sort((one, other) => counts[other]! - counts[one]! || one - other);
  const letters: string[] = [];
  for (const [rank, byte] of order.entries()) {
    const page = Math.floor(rank / PAGE_BYTES);
    letters[byte] = (page === 0 ? "" : LETTERS[page - 1]!) + LETTERS[PAGES + (rank % PAGE_BYTES)]!;
  }
  return { order: order.map((byte) => byte.toString(16).padStart(2, "0")).join(""), text: Array.from(bytes, (byte) => letters[byte]).join("") };
}

/** The bytes. */
export function unpack({ order, text }: Packed): Uint8Array<ArrayBuffer> {
  const code = Uint8Array.from(atob(unpacker), (letter) => letter.charCodeAt(0));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code));
  const memory = exports["memory"] as WebAssembly.Memory;
  memory.grow(Math.ceil((TEXT_AT + text.length) / 65_536));
  const bytes = new Uint8Array(memory.buffer as ArrayBuffer);
  for (let rank = 0; rank < 256; rank += 1) bytes[rank] = parseInt(order.slice(rank * 2, rank * 2 + 2), 16);
  for (const [at, letter] of LETTERS.entries()) bytes[LETTERS_AT + letter.charCodeAt(0)] = at < PAGES ? 128 + at : at - PAGES;
  new TextEncoder().encodeInto(text, bytes.subarray(TEXT_AT));
  const run = exports["unpack"] as (end: number) => number;
  return bytes.subarray(TEXT_AT, run(TEXT_AT + text.length));
}
