// Makes text of a module.
//
// The instructions of a module are a poor text to compress: opcodes, places of locals, offsets and constants take turns, and
// each hides the repetitions of the others. So each kind of them is a stream of its own, one behind the other. The bytes of all
// streams become letters: each of the 88 most frequent bytes is one, any other two, so that compression finds the same
// repetitions as in the bytes, which base64 hides from it; and no letter needs an escape.
import type { Packed } from "../packing.ts";
import { Reader, SECTION } from "./module.ts";

/** Printable ASCII without quotes, backslash and dollar. The first two turn a page, the others stand for bytes. */
const LETTERS = Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)).filter((letter) => !"\"'`\\$".includes(letter));
const PAGES = 2;
const PAGE_BYTES = LETTERS.length - PAGES;

/** The streams, in order. What stands around the code; opcodes; each kind of operand; and instructions that keep theirs. */
const STREAMS = ["before", "after", "opcodes", "alignments", "offsets", "locals", "constants", "longs", "calls", "branches", "blocks", "whole"] as const;
/** How an opcode's operands are packed: a number of one stream, an alignment and an offset, or all of it as it stands. */
const [MEMORY, WHOLE] = [1, 255];

/** By opcode, what comes behind it; 0 for nothing. */
function operands(): Uint8Array {
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

/** The tables of js/unpack.wat, which stand at 256 there: what letters stand for, kinds of operands, and bytes by frequency. */
export function tables(modules: readonly Uint8Array[]): Uint8Array {
  const found = new Uint8Array(768);
  for (const [at, letter] of LETTERS.entries()) found[letter.charCodeAt(0)] = at < PAGES ? 128 + at : at - PAGES;
  found.set(operands(), 256);
  found.set(byFrequency(modules), 512);
  return found;
}

/** The bytes, the most frequent first. */
function byFrequency(modules: readonly Uint8Array[]): number[] {
  const counts = new Array<number>(256).fill(0);
  for (const byte of modules.flatMap((bytes) => streamsOf(bytes).streams.flat())) counts[byte]! += 1;
  return [...counts.keys()].sort((one, other) => counts[other]! - counts[one]! || one - other);
}

/** One of those modules that the tables were made for. */
export function pack(module: Uint8Array, tables: Uint8Array): Packed {
  const letters: string[] = [];
  for (const [rank, byte] of tables.subarray(512).entries()) {
    const page = Math.floor(rank / PAGE_BYTES);
    letters[byte] = (page === 0 ? "" : LETTERS[page - 1]!) + LETTERS[PAGES + (rank % PAGE_BYTES)]!;
  }
  const { streams, functions } = streamsOf(module);
  return { text: streams.flat().map((byte) => letters[byte]).join(""), lengths: streams.map(({ length }) => length), functions };
}

/** Each byte of a module in its stream, and how many functions there are. */
function streamsOf(bytes: Uint8Array): { readonly streams: readonly number[][]; readonly functions: number } {
  const streams: number[][] = STREAMS.map(() => []);
  const [before, after, opcodes, alignments, offsets] = streams as [number[], number[], number[], number[], number[]];
  const whole = streams[STREAMS.indexOf("whole")]!;
  const reader = new Reader(bytes, 8);
  for (let section = reader.byte(); section !== SECTION.CODE; section = reader.byte()) reader.name();
  reader.number();
  const functions = reader.number();
  before.push(...bytes.subarray(0, reader.at));
  const kinds = operands();
  const lastAlignments = new Uint8Array(256);
  const keep = (read: () => unknown): void => {
    const kept = reader.span(read);
    if (kept.length > 255) throw new Error("an instruction is too long");
    whole.push(kept.length, ...kept);
  };
  for (let done = 0; done < functions; done += 1) {
    const end = reader.number() + reader.at;
    keep(() => reader.locals());
    while (reader.at < end) {
      const opcode = reader.byte();
      opcodes.push(opcode);
      const kind = kinds[opcode]!;
      if (kind === WHOLE) keep(() => reader.operands(opcode));
      else if (kind === MEMORY) {
        const alignment = reader.byte();
        alignments.push(alignment ^ lastAlignments[opcode]!);
        lastAlignments[opcode] = alignment;
        offsets.push(...reader.span(() => reader.number()));
      } else if (kind > 0) streams[kind]!.push(...reader.span(() => reader.number()));
    }
  }
  after.push(...bytes.subarray(reader.at));
  return { streams, functions };
}
