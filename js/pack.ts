// Makes text of the module. Run when the package is built, and never after; js/packing.ts has the form and its reason.
import { LETTERS, PAGES, STREAMS, operands, type Packed } from "./packing.ts";

const PAGE_BYTES = LETTERS.length - PAGES;

/** Bytes that are read from the front. */
class Reader {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw new Error("the module ends too early");
    this.at += 1;
    return byte;
  }

  /** An unsigned number in LEB128; of a signed one, only its end counts. */
  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }

  /** Moves behind the operands of an instruction that is packed whole. */
  skipOperands(opcode: number): void {
    const numbers = (count: number): void => {
      for (let done = 0; done < count; done += 1) this.number();
    };
    if (opcode === 0x0e) numbers(this.number() + 1);
    else if (opcode === 0x11) numbers(2);
    else if ([0x23, 0x24, 0x25, 0x26, 0x3f, 0x40, 0xd0, 0xd2].includes(opcode)) numbers(1);
    else if (opcode === 0x1c) numbers(this.number());
    else if (opcode === 0x43) this.at += 4;
    else if (opcode === 0x44) this.at += 8;
    else if (opcode === 0xfc) {
      const kind = this.number();
      numbers(kind < 8 ? 0 : [8, 10, 12, 14].includes(kind) ? 2 : 1);
    } else if (opcode === 0xfd) {
      const kind = this.number();
      if (kind <= 11 || (kind >= 84 && kind <= 93)) numbers(2);
      if (kind === 12 || kind === 13) this.at += 16;
      if ((kind >= 21 && kind <= 34) || (kind >= 84 && kind <= 91)) this.at += 1;
    } else if (opcode !== 0xd1) throw new Error(`opcode ${opcode} is not known`);
  }
}

export function pack(bytes: Uint8Array): Packed {
  const streams: number[][] = STREAMS.map(() => []);
  const functions = split(bytes, streams);
  const all = streams.flat();
  const counts = new Array<number>(256).fill(0);
  for (const byte of all) counts[byte]! += 1;
  const order = [...counts.keys()].sort((one, other) => counts[other]! - counts[one]! || one - other);
  const letters: string[] = [];
  for (const [rank, byte] of order.entries()) {
    const page = Math.floor(rank / PAGE_BYTES);
    letters[byte] = (page === 0 ? "" : LETTERS[page - 1]!) + LETTERS[PAGES + (rank % PAGE_BYTES)]!;
  }
  return {
    order: btoa(String.fromCharCode(...order)),
    lengths: streams.map((stream) => stream.length),
    functions,
    text: all.map((byte) => letters[byte]).join(""),
  };
}

/** Puts each byte of a module into its stream, and tells how many functions there are. */
function split(bytes: Uint8Array, streams: number[][]): number {
  const [before, after, opcodes, alignments, offsets] = streams as [number[], number[], number[], number[], number[]];
  const whole = streams[STREAMS.indexOf("whole")]!;
  const reader = new Reader(bytes, 8);
  const CODE_SECTION = 10;
  for (let section = reader.byte(); section !== CODE_SECTION; section = reader.byte()) {
    const length = reader.number();
    reader.at += length;
  }
  reader.number();
  const functions = reader.number();
  before.push(...bytes.subarray(0, reader.at));
  const kinds = operands();
  const lastAlignments = new Uint8Array(256);
  const copied = (stream: number[], read: () => unknown): void => {
    const start = reader.at;
    read();
    stream.push(...bytes.subarray(start, reader.at));
  };
  const keep = (read: () => unknown): void => {
    const start = reader.at;
    read();
    if (reader.at - start > 255) throw new Error("an instruction is too long");
    whole.push(reader.at - start, ...bytes.subarray(start, reader.at));
  };
  for (let done = 0; done < functions; done += 1) {
    const end = reader.number() + reader.at;
    keep(() => {
      for (let groups = reader.number(); groups > 0; groups -= 1) {
        reader.number();
        reader.byte();
      }
    });
    while (reader.at < end) {
      const opcode = reader.byte();
      opcodes.push(opcode);
      const kind = kinds[opcode]!;
      if (kind === 255) keep(() => reader.skipOperands(opcode));
      else if (kind === 1) {
        const alignment = reader.byte();
        alignments.push(alignment ^ lastAlignments[opcode]!);
        lastAlignments[opcode] = alignment;
        copied(offsets, () => reader.number());
      } else if (kind > 0) copied(streams[kind]!, () => reader.number());
    }
  }
  after.push(...bytes.subarray(reader.at));
  return functions;
}
